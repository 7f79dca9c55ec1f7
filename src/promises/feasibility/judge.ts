import type { ResolvedApp } from '../../config/resolved.ts'
import { alertSense } from './alert-sense.ts'
import { backups } from './backup.ts'
import { badDeploy } from './bad-deploy.ts'
import { capacity } from './capacity.ts'
import { dependencyCeiling } from './dependency-ceiling.ts'
import { detectionWindow } from './detection-window.ts'
import type { Facts } from './facts.ts'
import { poolConnections } from './pool-connections.ts'
import type { Check, Refusal, Unknown } from './refusal.ts'
import { restoreTime } from './restore-time.ts'
import { singlePoint } from './single-point.ts'
import { sqliteHosts } from './sqlite-hosts.ts'
import { traffic } from './traffic.ts'
import { without } from './without.ts'

const CHECKS: readonly Check[] = [
  dependencyCeiling,
  detectionWindow,
  alertSense,
  traffic,
  singlePoint,
  sqliteHosts,
  badDeploy,
  poolConnections,
  capacity,
  without,
  backups,
  restoreTime,
]

export interface Judgement {
  readonly refusals: readonly Refusal[]
  /** Checks that lack something: their objectives are feasible as far as anybody knows. */
  readonly unknown: readonly Unknown[]
}

/** Whether an app's promises can be kept, decided before anything is made of them. */
export function judge(app: ResolvedApp, facts: Facts): Judgement {
  const answers = CHECKS.flatMap((check) => check(app, facts))
  return {
    refusals: answers.filter((answer) => answer.kind === 'refused'),
    unknown: answers.filter((answer) => answer.kind === 'unknown'),
  }
}
