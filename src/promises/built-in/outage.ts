import type { AlertRule, Severity } from '../alert-rule.ts'
import { SLOW_SYMPTOMS, SYMPTOMS } from './requests.ts'

/** Built-in rules whose firing says why promises are broken: of the same service, or of those that use the need. */
const CAUSES: ReadonlySet<string> = new Set(['ServiceDown', 'NeedDown'])

/**
 * A service that is down, or without its need, breaks its promises, too; and a promise that burns is the same fault as the
 * built-in symptom. The cause is told, what follows from it belongs to it; so it is as grave as the gravest of them: a page that
 * is kept quiet by something that pages nobody would reach nobody.
 */
export function quietDuringOutage(rules: readonly AlertRule[]): readonly AlertRule[] {
  const promises = rules.filter(({ origin }) => origin.kind === 'promise')
  const promised = promises.map(({ name }) => name)
  return rules.map((rule) => {
    const isPage = rule.origin.kind === 'promise' && rule.severity <= 'P1'
    if (isPage)
      return adding(
        rule,
        (rule.category === 'performance' ? SLOW_SYMPTOMS : SYMPTOMS).map((symptom) => ({
          rule: symptom,
          equal: ['service'],
        })),
      )
    if (!CAUSES.has(rule.name)) return rule
    // As it quiets a symptom, so it quiets a promise.
    const ways = rule.inhibits.filter((inhibition) => inhibition.rule === SYMPTOMS[0])
    const severity = promises.reduce<Severity>(
      (most, each) => (each.severity < most ? each.severity : most),
      rule.severity,
    )
    return adding(
      { ...rule, severity },
      ways.flatMap((way) => promised.map((name) => ({ ...way, rule: name }))),
    )
  })
}

function adding(rule: AlertRule, inhibits: AlertRule['inhibits']): AlertRule {
  return { ...rule, inhibits: [...rule.inhibits, ...inhibits] }
}
