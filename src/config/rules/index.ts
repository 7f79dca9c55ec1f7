import type { Finding } from '../explain-issue.ts'
import { environmentRuleList } from './environments.ts'
import { gatewayRules } from './gateway.ts'
import { guardRules } from './guard.ts'
import { migrationRules } from './migrations.ts'
import { operationRules } from './operation.ts'
import { promiseRules } from './promises.ts'
import type { AppRule, Scene } from './scene.ts'
import { serviceRules } from './services.ts'

const RULES: readonly AppRule[] = [
  ...serviceRules,
  ...migrationRules,
  ...gatewayRules,
  ...guardRules,
  ...promiseRules,
  ...operationRules,
]

/** What is wrong with an app although each value for itself is right. */
export function appRules(scene: Scene): readonly Finding[] {
  return RULES.flatMap((rule) => rule(scene))
}

/** The same for one environment, whose overrides have been merged into `scene`. */
export function environmentRules(scene: Scene, name: string): readonly Finding[] {
  const environment = scene.app.environments[name]
  return environment === undefined ? [] : environmentRuleList.flatMap((rule) => rule(scene, name, environment))
}
