import type { AlertRule, Severity } from '../alert-rule.ts'
import type { Expression } from '../expression.ts'

/** What a built-in rule says of itself; the rest follows from its group. */
export interface BuiltIn {
  readonly name: string
  readonly severity: Severity
  readonly when: Expression
  /** @default 0 */
  readonly forMs?: number
  readonly summary: string
  /** The heading of its runbook. @default its name */
  readonly heading?: string
  /** True when its series are missing. @default null: their absence is fine */
  readonly absent?: { readonly when: Expression; readonly forMs: number }
  readonly inhibits?: AlertRule['inhibits']
}

/** Where the meaning and the cure of a built-in alert stand until runbooks are generated. */
export const RUNBOOKS = 'docs/guides/alerts.md'

export function builtIn(category: AlertRule['category'], rule: BuiltIn): AlertRule {
  const { name, severity, when, forMs = 0, summary, absent, inhibits = [], heading } = rule
  return {
    name,
    origin: { kind: 'built-in' },
    category,
    severity,
    expression: when,
    forMs,
    labels: {},
    summary,
    runbook: `${RUNBOOKS}#${(heading ?? name).toLowerCase()}`,
    noData: absent === undefined ? null : { expression: absent.when, forMs: absent.forMs },
    inhibits,
  }
}
