import type { AlertRule } from '../alert-rule.ts'
import { SYMPTOMS } from './requests.ts'

/** Built-in rules whose firing says why promises of the same service are broken. */
const CAUSES: ReadonlySet<string> = new Set(['ServiceDown'])

/**
 * A service that is down breaks its promises, too, and a promise that burns is the same fault as the built-in symptom: the
 * graver one is told, the other belongs to it.
 */
export function quietDuringOutage(rules: readonly AlertRule[]): readonly AlertRule[] {
  const promised = rules.filter(({ origin }) => origin.kind === 'promise')
  const quiet = (names: readonly string[]): AlertRule['inhibits'] => names.map((rule) => ({ rule, equal: ['service'] }))
  return rules.map((rule) => {
    if (CAUSES.has(rule.name))
      return { ...rule, inhibits: [...rule.inhibits, ...quiet(promised.map(({ name }) => name))] }
    const isPage = rule.origin.kind === 'promise' && rule.severity <= 'P1'
    return isPage ? { ...rule, inhibits: [...rule.inhibits, ...quiet(SYMPTOMS)] } : rule
  })
}
