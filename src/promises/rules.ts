import type { ResolvedApp } from '../config/resolved.ts'
import { Problem } from '../core/problem.ts'
import type { AlertRule, RecordingRule } from './alert-rule.ts'
import { quietDuringOutage } from './built-in/outage.ts'
import { builtInRules } from './built-in/rules.ts'
import { promiseRecordings, promiseRules } from './promise-rules.ts'
import { userRules } from './user-rules.ts'

/** What is evaluated here and written for Prometheus, and nothing else is. */
export interface Rules {
  readonly alerts: readonly AlertRule[]
  readonly recordings: readonly RecordingRule[]
}

/**
 * Every rule of an app: what its promises imply, what every app gets, and what its config declares.
 * @throws Problem `config.alert-rule` for one of the config's that cannot be read, or is called like another
 */
export function allRules(app: ResolvedApp): Rules {
  const alerts = [...promiseRules(app), ...builtInRules(app), ...userRules(app)]
  const names = alerts.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new Problem('config.alert-rule', `two alerts would be called ${twice}`, {
      hint: 'Give the one in alerts.rules another name.',
    })
  }
  return { alerts: quietDuringOutage(alerts), recordings: promiseRecordings(app) }
}
