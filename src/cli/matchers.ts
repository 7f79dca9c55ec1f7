import { Problem } from '../core/problem.ts'
import type { Matcher } from '../core/series/labels.ts'

/** `service=api`, `alertname=~"High.*"`, `instance!=api-1`: what an alert's labels have to be. @throws Problem `cli.usage` */
export function parseMatcher(text: string): Matcher {
  const [, label, op, quoted, plain] = /^([a-zA-Z_]\w*)(=~|!~|!=|=)(?:"([^"]*)"|(.*))$/.exec(text) ?? []
  if (label === undefined || op === undefined) {
    throw new Problem('cli.usage', `${text} is no matcher`, {
      hint: "Write a label with its value, such as 'service=api' or 'alertname=~\"High.*\"'.",
    })
  }
  return { label, op: op as Matcher['op'], value: quoted ?? plain ?? '' }
}
