import type { ResolvedApp } from '../config/resolved.ts'
import { messageOf, Problem } from '../core/problem.ts'
import type { AlertRule } from './alert-rule.ts'
import { parseExpression } from './expression/parse.ts'

const RUNBOOK = 'docs/guides/alerts.md#rules-of-your-own'

/**
 * `alerts.rules` as rules; `disk-slow` is the alert `DiskSlow`.
 * @throws Problem `config.alert-rule`, naming every rule whose `when` cannot be read, with the place
 */
export function userRules({ alerts }: Pick<ResolvedApp, 'alerts'>): readonly AlertRule[] {
  const wrong: string[] = []
  const rules = Object.entries(alerts?.rules ?? {}).flatMap(([name, { when, forMs, severity, runbook }]) => {
    try {
      return [
        {
          name: alertName(name),
          origin: { kind: 'user' },
          category: 'business',
          severity,
          expression: parseExpression(when),
          forMs,
          labels: {},
          summary: `${name}: ${when.replaceAll(/\s+/g, ' ')} ({{ $value }}).`,
          runbook: runbook ?? RUNBOOK,
          noData: null,
          inhibits: [],
        } satisfies AlertRule,
      ]
    } catch (error) {
      wrong.push(`alerts.rules.${name}.when: ${messageOf(error)}`)
      return []
    }
  })
  if (wrong.length === 0) return rules
  throw new Problem('config.alert-rule', `${wrong.length} of the config's alert rules cannot be read`, {
    hint: 'Write them in the part of PromQL that docs/guides/alerts.md names.',
    details: wrong,
  })
}

/** Labels of a config are lower case with hyphens; names of alerts are words of letters and digits. */
function alertName(label: string): string {
  const words = label.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return words.join('').replace(/^(?=\d)/, 'Rule')
}
