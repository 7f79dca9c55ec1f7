import type { Scenario } from './scenario.ts'
import { restart, rollbackCold, rollbackWarm } from './scenarios/again.ts'
import { killedInstance, pause, scale, serviceStopped, stopped } from './scenarios/changing.ts'
import { configOnly, firstDeploy, goodDeploy, secretOnly, serviceRemoved } from './scenarios/deploys.ts'
import { killed, staleLease, twoAtOnce } from './scenarios/killed.ts'
import { migrations } from './scenarios/migrations.ts'
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
  scale,
  pause,
  serviceStopped,
  stopped,
  killedInstance,
  killed,
  staleLease,
  twoAtOnce,
  migrations,
]
