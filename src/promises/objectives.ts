import type { ResolvedPromise } from '../config/resolved-promises.ts'
import type { ResolvedApp } from '../config/resolved.ts'
import { Decimal } from './decimal.ts'
import type { Objective, Subject } from './objective.ts'

/** What an app's promises come to, part by part, in the order of the config. Ratios become decimal digits. */
export function objectivesOf({ promises = {} }: Pick<ResolvedApp, 'promises'>): readonly Objective[] {
  return Object.entries(promises).flatMap(([promise, each]) => partsOf(promise, each))
}

/** `promises.trade.latency.p95`: the line of the config that an objective stands on. */
export function configPathOf(objective: Objective): string {
  const at = `promises.${objective.promise}`
  switch (objective.kind) {
    case 'latency':
      return `${at}.latency.${LATENCIES.find(([, target]) => target === objective.target)![0]}`
    case 'recovery':
      return `${at}.${objective.what}`
    case 'detection':
      return `${at}.detect`
    case 'deploy':
      return `${at}.deploy.failed`
    case 'without':
      return `${at}.without.${objective.need}`
    default:
      return `${at}.${objective.kind}`
  }
}

/** '0.999' of 0.999, and 0.000001 stays what it is. */
export function digitsOf(ratio: number): string {
  return Decimal.of(ratio).toText()
}

const LATENCIES = [
  ['p50', '0.5'],
  ['p95', '0.95'],
  ['p99', '0.99'],
] as const

function partsOf(promise: string, of: ResolvedPromise): readonly Objective[] {
  const part = { promise, subject: subjectOf(of.on), overMs: of.overMs }
  const parts: Objective[] = []
  if (of.availability !== null) parts.push({ ...part, kind: 'availability', target: digitsOf(of.availability) })
  for (const [percentile, target] of LATENCIES) {
    const limitMs = of.latencyMs[percentile]
    if (limitMs !== null) parts.push({ ...part, kind: 'latency', target, limitMs })
  }
  if (of.errors !== null) parts.push({ ...part, kind: 'errors', budget: digitsOf(of.errors) })
  if (of.throughput !== null) parts.push({ ...part, kind: 'throughput', ...of.throughput })
  if (of.freshnessMs !== null)
    parts.push({ ...part, kind: 'freshness', limitMs: of.freshnessMs, metric: of.freshnessMetric ?? null })
  for (const [what, limitMs] of [
    ['rpo', of.rpoMs],
    ['rto', of.rtoMs],
    ['keep', of.keepMs],
    ['rollback', of.rollbackMs],
  ] as const)
    if (limitMs !== null) parts.push({ ...part, kind: 'recovery', what, limitMs })
  if (of.detectMs !== null) parts.push({ ...part, kind: 'detection', limitMs: of.detectMs })
  if (of.deployFailed !== null) parts.push({ ...part, kind: 'deploy', failedMax: of.deployFailed })
  for (const [need, { p95Ms, errors }] of Object.entries(of.without))
    parts.push({ ...part, kind: 'without', need, p95Ms, budget: errors === null ? null : digitsOf(errors) })
  return parts
}

function subjectOf(on: ResolvedPromise['on']): Subject {
  if (on.kind === 'service') return { kind: 'requests', service: on.service, match: on.match }
  return on
}
