import { Decimal } from './decimal.ts'
import { configDuration, durationText } from './figures.ts'
import type { Objective, Subject } from './objective.ts'

/** What an objective owes, in a sentence. */
export function owedText(objective: Objective): string {
  const whom = subjectText(objective.subject)
  const over = `, over ${text(objective.overMs)}`
  switch (objective.kind) {
    case 'availability':
      return objective.subject.kind === 'need'
        ? `${whom} answers ${percent(objective.target)} of the time${over}`
        : `${percent(objective.target)} of ${whom} are answered${over}`
    case 'errors':
      return `at most ${percent(objective.budget)} of ${whom} fail${over}`
    case 'latency':
      return `${percent(objective.target)} of ${whom} are answered within ${text(objective.limitMs)}${over}`
    case 'throughput':
      return `all of it holds at ${objective.count} requests in ${text(objective.perMs)}`
    case 'freshness':
      return `${whom}: at most ${text(objective.limitMs)} behind`
    case 'recovery':
      return recoveryText(objective.what, whom, text(objective.limitMs))
    case 'detection':
      return `a fault is told within ${text(objective.limitMs)}`
    case 'deploy':
      return `a deploy fails at most ${objective.failedMax} requests`
    case 'without': {
      const p95 = objective.p95Ms === null ? [] : [`95 % answered within ${text(objective.p95Ms)}`]
      const errors = objective.budget === null ? [] : [`at most ${percent(objective.budget)} failed`]
      return `while ${objective.need} is gone: ${[...p95, ...errors].join(', ')}`
    }
  }
}

export function subjectText(subject: Subject): string {
  if (subject.kind === 'need') return subject.need
  if (subject.kind === 'operate') return 'the environment'
  const { service, match } = subject
  if (match === null) return `requests to ${service}`
  return `requests ${[match.method, `${match.host ?? ''}${match.path}`].filter(Boolean).join(' ')} to ${service}`
}

function recoveryText(what: 'rpo' | 'rto' | 'keep' | 'rollback', whom: string, limit: string): string {
  return {
    rpo: `at most the newest ${limit} of ${whom} are lost`,
    rto: `${whom} is restored within ${limit}`,
    keep: `${whom} can be restored to any day of the last ${limit}`,
    rollback: `the old release serves again within ${limit}`,
  }[what]
}

function text(ms: number): string {
  return ms > 0 ? durationText(Decimal.of(ms)) : configDuration(ms)
}

function percent(share: string): string {
  return Decimal.of(share).toPercent()
}
