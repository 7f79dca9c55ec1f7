import type { AlertRule, Severity } from '../alert-rule.ts'
import { NOBODYS } from '../events.ts'
import type { Expression, Selector } from '../expression.ts'
import { and, calc, compare, DAY_MS, MINUTE_MS, over, select, sum } from './ask.ts'
import { builtIn } from './rule.ts'

/** Fewer requests than this in a window say nothing: of five, one that failed is no 20 %. */
export const REQUESTS_MIN = 20

/** What explains failed and slow answers, a need that is gone above all, is known by then: one message instead of two. */
const SYMPTOM_FOR_MS = 30_000

/** What users get: failed and slow answers, refusals, and far fewer requests than usual. */
export function requestRules(): readonly AlertRule[] {
  return [
    errors('HighErrorRatio', { share: '0.005', minutes: 5, severity: 'P2' }),
    {
      ...errors('CriticalErrorRatio', { share: '0.05', minutes: 2, severity: 'P1' }),
      inhibits: quiets('HighErrorRatio'),
    },
    slow('SlowAnswers', { seconds: 1, share: '0.05', minutes: 5, severity: 'P2' }),
    {
      ...slow('VerySlowAnswers', { seconds: 2, share: '0.05', minutes: 2, severity: 'P1' }),
      inhibits: quiets('SlowAnswers', 'SlowestAnswers'),
    },
    slow('SlowestAnswers', { seconds: 5, share: '0.01', minutes: 5, severity: 'P1' }),
    builtIn('security', {
      name: 'ManyRequestsRefused',
      severity: 'P2',
      when: compare(sum(over('rate', select('seaworthy_limited_requests_total'), 5 * MINUTE_MS), 'service'), '>', '1'),
      forMs: 5 * MINUTE_MS,
      summary: '{{ $labels.service }} answers {{ $value }} requests per second with 429.',
    }),
    fewRequests(),
  ]
}

/** Those of them that wake nobody: all that an optional need, whose own loss wakes nobody, may keep quiet. */
export const LIGHT_SYMPTOMS: readonly string[] = ['HighErrorRatio', 'SlowAnswers']

/** Those of them that say that it is slow: they are explained by slowness, and what fails is not. */
export const SLOW_SYMPTOMS: readonly string[] = ['SlowAnswers', 'VerySlowAnswers', 'SlowestAnswers']

/** What a service's absence explains. */
export const SYMPTOMS: readonly string[] = ['HighErrorRatio', 'CriticalErrorRatio', ...SLOW_SYMPTOMS]

/** Failed answers: 5xx, and those that broke off. A client that went away has failed by itself, and is no answer: as promises count. */
function errors(name: string, options: { share: string; minutes: number; severity: Severity }): AlertRule {
  const windowMs = options.minutes * MINUTE_MS
  const all = byService(watched('requests_total', ['status', '!~', NOBODYS]), windowMs)
  const failed = byService(watched('requests_total', ['status', '=~', '5xx|aborted']), windowMs)
  return builtIn('critical', {
    name,
    severity: options.severity,
    when: withVolume(compare(calc(failed, '/', all), '>', options.share), all),
    forMs: SYMPTOM_FOR_MS,
    summary: `{{ $labels.service }} fails {{ $value }} of its requests (more than ${options.share} over ${options.minutes} min).`,
  })
}

/**
 * p95 over a limit means that more than 5 % take longer than it. Counted in a bucket exactly there: an interpolated
 * quantile would be a guess between two others.
 */
function slow(
  name: string,
  options: { seconds: number; share: string; minutes: number; severity: Severity },
): AlertRule {
  const windowMs = options.minutes * MINUTE_MS
  const all = byService(watched('duration_seconds_count'), windowMs)
  // Prometheus 3 writes every bound with a point, Prometheus 2 and the text format for whole numbers without one.
  const within = byService(
    watched('duration_seconds_bucket', ['le', '=~', `${options.seconds}|${options.seconds}[.]0`]),
    windowMs,
  )
  return builtIn('performance', {
    name,
    severity: options.severity,
    when: withVolume(compare(calc(calc(all, '-', within), '/', all), '>', options.share), all),
    forMs: SYMPTOM_FOR_MS,
    summary: `{{ $labels.service }} takes longer than ${options.seconds} s for {{ $value }} of its requests (more than ${options.share} over ${options.minutes} min).`,
  })
}

/** Against the same hour a week before: a quiet night is quiet every night. */
function fewRequests(): AlertRule {
  const now = byService(watched('requests_total'), 30 * MINUTE_MS)
  const before = byService({ ...watched('requests_total'), offsetMs: 7 * DAY_MS }, 30 * MINUTE_MS)
  return builtIn('business', {
    name: 'FewRequests',
    severity: 'P3',
    when: and(compare(now, '<', calc(before, '*', '0.1')), compare(before, '>', '1000'), 'service'),
    forMs: 10 * MINUTE_MS,
    summary: '{{ $labels.service }} had {{ $value }} requests in 30 min, less than a tenth of a week ago.',
  })
}

function watched(what: string, ...matchers: Parameters<typeof select>[1][]): Selector {
  return select(`seaworthy_watched_${what}`, ['watch', '=~', 'service/.+'], ...matchers)
}

function byService(of: Selector, windowMs: number): Expression {
  return sum(over('increase', of, windowMs), 'service')
}

function withVolume(condition: Expression, all: Expression): Expression {
  return and(condition, compare(all, '>=', String(REQUESTS_MIN)), 'service')
}

function quiets(...rules: readonly string[]): AlertRule['inhibits'] {
  return rules.map((rule) => ({ rule, equal: ['service'] }))
}
