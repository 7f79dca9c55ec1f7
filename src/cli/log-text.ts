import { styleText } from 'node:util'
import type { ShownLine } from './log-lines.ts'

/** Prints a line: for people when it was, whose it is, what it says and which request it belongs to; as JSON everything. */
export function printLine(line: ShownLine, json: boolean): void {
  process.stdout.write(`${json ? jsonOf(line) : textOf(line)}\n`)
}

export function jsonOf({ atMs, source, service, instance, release, level, ...line }: ShownLine): string {
  const { correlationId: correlation, traceId: trace, text: message, id } = line
  const time = new Date(atMs).toISOString()
  return JSON.stringify({ time, source, service, instance, release, level, correlation, trace, message, id })
}

export function textOf({ atMs, source, level, correlationId, text }: ShownLine): string {
  const time = new Date(atMs).toISOString().slice(11, 23)
  const loud = level === 'info' ? '' : `${level.toUpperCase()} `
  const request = correlationId === null ? '' : `  id=${correlationId}`
  const said = `${time} ${source.padEnd(20)} ${loud}${text}${request}`
  const style = level === 'error' || level === 'fatal' ? 'red' : level === 'warn' ? 'yellow' : null
  // It looks itself whether standard output is a terminal that wants colours.
  return style === null ? said : styleText(style, said)
}
