import type { Scenario } from './scenario.ts'
import { restart, rollbackCold, rollbackWarm } from './scenarios/again.ts'
import { configOnly, firstDeploy, goodDeploy, secretOnly, serviceRemoved } from './scenarios/deploys.ts'
import { exec, logs } from './scenarios/operating.ts'
import { breach, refused } from './scenarios/refusals.ts'

/** The whole suite: every target has to pass every one of them. */
export const SCENARIOS: readonly Scenario[] = [
  firstDeploy,
  goodDeploy,
  refused,
  breach,
  rollbackWarm,
  rollbackCold,
  restart,
  logs,
  exec,
  configOnly,
  secretOnly,
  serviceRemoved,
]
