import type { ResolvedApp } from '../../config/resolved.ts'
import { compressed } from '../../observe/alerts/evaluate/compress.ts'
import type { AlertRule } from '../../promises/alert-rule.ts'
import { noDataRule } from '../../promises/no-data-rule.ts'
import { allRules } from '../../promises/rules.ts'

/** Shorter windows for tests, which cannot wait for five minutes: no option of the product. */
const WINDOWS_VARIABLE = 'SEAWORTHY_ALERT_WINDOWS'

/** The factor by which windows are shorter; 1: as they are. */
export function readWindowFactor(): number {
  const factor = Number(process.env[WINDOWS_VARIABLE] ?? '1')
  return factor > 0 && factor <= 1 ? factor : 1
}

/** What `up` hands on of it to the control it starts. */
export function windowFactorEnvironment(): Readonly<Record<string, string>> {
  const text = process.env[WINDOWS_VARIABLE]
  return text === undefined ? {} : { [WINDOWS_VARIABLE]: text }
}

export interface RulesInForce {
  readonly rules: readonly AlertRule[]
  /** Those of series that are not there among them. */
  readonly byName: ReadonlyMap<string, AlertRule>
}

/** The rules of the release that is live, made once for each. */
export function rulesInForce(factor: number): (release: { id: string; config: ResolvedApp } | null) => RulesInForce {
  let known: { readonly release: string; readonly rules: RulesInForce } | null = null
  return (release) => {
    if (release === null) return NONE
    if (known?.release !== release.id) {
      const rules = allRules(release.config).alerts.map((rule) => compressed(rule, factor))
      const all = [...rules, ...rules.map(noDataRule).filter((rule) => rule !== null)]
      known = { release: release.id, rules: { rules, byName: new Map(all.map((rule) => [rule.name, rule])) } }
    }
    return known.rules
  }
}

const NONE: RulesInForce = { rules: [], byName: new Map() }
