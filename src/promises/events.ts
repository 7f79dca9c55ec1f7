import type { ResolvedApp } from '../config/resolved.ts'
import type { Matcher } from '../core/series/labels.ts'
import { Decimal } from './decimal.ts'
import type { Expression, Selector } from './expression.ts'
import type { Objective } from './objective.ts'
import { objectivesOf } from './objectives.ts'

/** Objectives that owe a share of events: those with a budget. */
export type Budgeted = Extract<Objective, { readonly kind: 'availability' | 'latency' | 'errors' }>

/** What the gateway's classes of status mean for a promise: what the client itself left is neither good nor bad. */
const BAD = '5xx|aborted'
export const NOBODYS = 'client-gone|unanswered'

/** What of an objective's events there is in a window, by service (or by need). */
export interface Events {
  /** Bad events by second; nothing where none was ever seen. */
  readonly bad: Expression
  /** All events by second. */
  readonly total: Expression
  /** How many they are, and how many of them are bad. */
  readonly count: Expression
  readonly badCount: Expression
}

/** Those whose events are counted: by the gateway for requests, by control's own probe for a need. */
export function isBudgeted(objective: Objective): objective is Budgeted {
  const { kind, subject } = objective
  if (subject.kind === 'requests') return kind === 'availability' || kind === 'errors' || kind === 'latency'
  return subject.kind === 'need' && kind === 'availability'
}

/** Budgeted objectives of an app, in its order. */
export function budgetedOf(app: Pick<ResolvedApp, 'promises'>): readonly Budgeted[] {
  return objectivesOf(app).filter(isBudgeted)
}

/** The share of events that may be bad. */
export function budgetShare(objective: Budgeted): Decimal {
  return objective.kind === 'errors' ? Decimal.of(objective.budget) : Decimal.of(objective.target).oneMinus()
}

export function eventsOf(objective: Budgeted, windowMs: number): Events {
  const { subject, promise } = objective
  if (subject.kind === 'need') return probesOf(subject.need, windowMs)
  return objective.kind === 'latency' ? answersOf(promise, objective.limitMs, windowMs) : requestsOf(promise, windowMs)
}

/** Bad by all, of the sums and not the mean of ratios: a quiet night counts for what it was. */
export function badShare({ bad, total }: Pick<Events, 'bad' | 'total'>): Expression {
  return { kind: 'binary', op: '/', left: bad, right: total, on: null }
}

/** The same where nothing bad was ever seen, which is 0 and not unknown; without traffic it is still 0/0. */
export function badShareOrZero({ bad, total }: Events): Expression {
  const zero: Expression = { kind: 'binary', op: '*', left: total, right: number('0'), on: null }
  return badShare({ bad: { kind: 'binary', op: 'or', left: bad, right: zero, on: null }, total })
}

/** What is always there while an objective's events can be counted at all. */
export function sourceOf({ subject, promise }: Budgeted): Selector {
  return subject.kind === 'need'
    ? { kind: 'selector', metric: 'seaworthy_need_up', matchers: [{ label: 'need', op: '=', value: subject.need }] }
    : {
        kind: 'selector',
        metric: 'seaworthy_watched_duration_seconds_count',
        matchers: [of(promise), ...(subject.kind === 'requests' ? [ofService(subject.service)] : [])],
      }
}

export function number(digits: string): Expression {
  return { kind: 'number', digits }
}

/** The requests of a promise; bad is what failed of them. */
export function requestsOf(promise: string, windowMs: number): Events {
  const requests = (op: '=~' | '!~', value: string): Selector => ({
    kind: 'selector',
    metric: 'seaworthy_watched_requests_total',
    matchers: [of(promise), { label: 'status', op, value }],
  })
  const [bad, all] = [requests('=~', BAD), requests('!~', NOBODYS)]
  return {
    bad: summed('rate', bad, windowMs),
    total: summed('rate', all, windowMs),
    badCount: summed('increase', bad, windowMs),
    count: summed('increase', all, windowMs),
  }
}

/** Those above the limit: all, less those in the bucket that ends exactly there. */
function answersOf(promise: string, limitMs: number, windowMs: number): Events {
  const all: Selector = {
    kind: 'selector',
    metric: 'seaworthy_watched_duration_seconds_count',
    matchers: [of(promise)],
  }
  const within = bucketAt(promise, limitMs)
  const less = (call: 'rate' | 'increase'): Expression => ({
    kind: 'binary',
    op: '-',
    left: summed(call, all, windowMs),
    right: summed(call, within, windowMs),
    on: null,
  })
  return {
    bad: less('rate'),
    total: summed('rate', all, windowMs),
    badCount: less('increase'),
    count: summed('increase', all, windowMs),
  }
}

/** Every 10 s control asks the need something: each answer is an event. */
function probesOf(need: string, windowMs: number): Events {
  const up: Selector = {
    kind: 'selector',
    metric: 'seaworthy_need_up',
    matchers: [{ label: 'need', op: '=', value: need }],
  }
  const count: Expression = { kind: 'over', call: 'count_over_time', of: up, windowMs }
  const answered: Expression = { kind: 'over', call: 'sum_over_time', of: up, windowMs }
  const bad: Expression = { kind: 'binary', op: '-', left: count, right: answered, on: null }
  return { bad, total: count, badCount: bad, count }
}

/** OpenMetrics writes a whole bound as `1.0`, older texts as `1`: both are meant. */
function bucketAt(promise: string, limitMs: number): Selector {
  const le = Decimal.of(limitMs).dividedBy(Decimal.of(1000), 3).toText()
  const at: Matcher = le.includes('.')
    ? { label: 'le', op: '=', value: le }
    : { label: 'le', op: '=~', value: `${le}|${le}[.]0` }
  return { kind: 'selector', metric: 'seaworthy_watched_duration_seconds_bucket', matchers: [of(promise), at] }
}

function of(promise: string): Matcher {
  return { label: 'watch', op: '=', value: promise }
}

/** What is absent has the labels that it is asked for by, and no others: its incident has to be that of the service. */
function ofService(service: string): Matcher {
  return { label: 'service', op: '=', value: service }
}

function summed(call: 'rate' | 'increase', selector: Selector, windowMs: number): Expression {
  return { kind: 'aggregate', call: 'sum', by: ['service'], of: { kind: 'over', call, of: selector, windowMs } }
}
