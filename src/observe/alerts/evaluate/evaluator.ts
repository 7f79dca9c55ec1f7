import { messageOf, Problem } from '../../../core/problem.ts'
import type { AlertRule } from '../../../promises/alert-rule.ts'
import { HEARTBEAT_MISSED } from '../../../promises/built-in/alert-path.ts'
import { noDataAlert, noDataRule } from '../../../promises/no-data-rule.ts'
import type { Alert, AlertState } from '../alert.ts'
import { movedAlert, type Move } from '../set-back.ts'
import type { SeriesQuery, Value } from '../../series/query.ts'
import { alertKey, track, type Answer } from './track.ts'

/** A pass that takes longer has failed: the next beat is 10 s after its own. */
export const PASS_MS_MAX = 5_000
/** A rule of the config's own is left out when it takes this share of the pass: it is asked last, and slows down nobody else. */
const OWN_SHARE = 0.8
/** Alerts kept track of at once, over all rules; a rule by unbounded labels must not fill the memory. */
export const ALERTS_MAX = 1_000
/** Without a complete pass for so long, the path of alerts is itself broken. */
const HEARTBEAT_MS_MAX = 60_000

/** Alerts over restarts of control. */
export interface AlertStore {
  all(): readonly Alert[]
  /**
   * Replaces what is known of each key; null: forgotten. `turned` are the alerts whose state is another than before. One
   * change, on the disk when it returns.
   */
  save(changes: ReadonlyMap<string, Alert | null>, turned: readonly Alert[]): void
}

export interface Pass {
  /** Null: complete. Else why nothing could be said, in words. */
  readonly failed: string | null
  /** Rules of the config's own that cannot be answered as the series are now, by name, with why. Nothing changes for them. */
  readonly refused: ReadonlyMap<string, string>
  /** Alerts whose state is another than before. */
  readonly changed: readonly Alert[]
  /** Alerts that were not kept track of, because there were too many. */
  readonly dropped: number
}

export interface EvaluatorOptions {
  readonly query: Pick<SeriesQuery, 'instant'>
  readonly store: AlertStore
  readonly startedAtMs: number
  /** @default 5000 */
  readonly passMsMax?: number
}

/** The rules at one instant after the other. Of two passes at once the later one waits. */
export class Evaluator {
  readonly #options: EvaluatorOptions
  #alerts: ReadonlyMap<string, Alert>
  #evaluatedAtMs: number | null = null
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: EvaluatorOptions) {
    this.#options = options
    // What lies in the future is of a clock that was set back while nobody ran.
    const past = (atMs: number): number => Math.min(atMs, options.startedAtMs)
    this.#alerts = new Map(options.store.all().map((alert) => [alertKey(alert), movedAlert(alert, past)]))
  }

  alerts(): readonly Alert[] {
    return [...this.#alerts.values()]
  }

  /** When the newest complete pass over all rules was; before the first one: when it could have begun. */
  get completeAtMs(): number {
    return this.#evaluatedAtMs ?? this.#options.startedAtMs
  }

  /** When the newest complete pass over all rules was; null before the first one, whatever a process before this one did. */
  get evaluatedAtMs(): number | null {
    return this.#evaluatedAtMs
  }

  /**
   * All rules at one instant. When an answer is missing at the deadline nothing changes, but for the alert of the path of
   * alerts itself. `only`: those rules and no others, between two beats.
   */
  evaluate(rules: readonly AlertRule[], atMs: number, only: ReadonlySet<string> | null = null): Promise<Pass> {
    const pass = this.#last.then(() => this.#evaluate(rules, atMs, only))
    this.#last = pass.catch(() => {})
    return pass
  }

  /** The clock was set back: every instant is another one, once the pass that is on its way has ended. */
  move(move: Move): Promise<void> {
    const moved = this.#last.then(() => {
      if (this.#evaluatedAtMs !== null) this.#evaluatedAtMs = move(this.#evaluatedAtMs)
      this.#alerts = new Map([...this.#alerts].map(([key, alert]) => [key, movedAlert(alert, move)]))
      this.#options.store.save(this.#alerts, [])
    })
    this.#last = moved.catch(() => {})
    return moved
  }

  async #evaluate(rules: readonly AlertRule[], atMs: number, only: ReadonlySet<string> | null): Promise<Pass> {
    const asked = rules
      .filter(({ name }) => only?.has(name) ?? true)
      .flatMap((rule) => [rule, ...[noDataRule(rule)].filter((each) => each !== null)])
    let failed: string | null = null
    const refused = new Map<string, string>()
    let answers: readonly (readonly [AlertRule, Answer])[]
    try {
      answers = await this.#ask(asked, atMs, refused)
      if (only === null) this.#evaluatedAtMs = atMs
    } catch (error) {
      failed = messageOf(error)
      answers = this.#withoutAnswers(asked, atMs)
    }
    const known = Map.groupBy(this.#alerts.values(), ({ rule }) => rule)
    const after = answers.flatMap(([rule, answer]) => track(rule, known.get(rule.name) ?? [], answer, atMs))
    const evaluated = new Set(answers.map(([{ name }]) => name))
    const declared = new Set(rules.flatMap((rule) => [rule.name, noDataAlert(rule)]))
    // Of a rule that a release no longer has, nothing goes on; of one that was not asked this time, everything.
    const kept = [...this.#alerts.values()].filter(({ rule }) => declared.has(rule) && !evaluated.has(rule))
    const alerts = [...kept, ...after]
    const own = new Set(rules.filter(isOwn).flatMap((rule) => [rule.name, noDataAlert(rule)]))
    return { failed, refused, ...this.#replace(alerts.length > ALERTS_MAX ? gravestFirst(alerts, own) : alerts, atMs) }
  }

  /** @param refused takes the rules that are not among the answers: what somebody has written must not silence all else */
  async #ask(
    rules: readonly AlertRule[],
    atMs: number,
    refused: Map<string, string>,
  ): Promise<readonly (readonly [AlertRule, Answer])[]> {
    const { query, passMsMax = PASS_MS_MAX } = this.#options
    const askOwn = async (rule: AlertRule): Promise<readonly Value[] | null> => {
      try {
        return await withDeadline(query.instant(rule.expression, atMs), OWN_SHARE * passMsMax)
      } catch (error) {
        if (!isRefusal(error) && !(error instanceof LateError)) throw error
        refused.set(rule.name, error.message)
        return null
      }
    }
    const ask = async (rule: AlertRule): Promise<readonly (readonly [AlertRule, readonly Value[]])[]> => {
      const values = isOwn(rule) ? await askOwn(rule) : await query.instant(rule.expression, atMs)
      return values === null ? [] : [[rule, values]]
    }
    const answers = (await withDeadline(Promise.all(rules.map(ask)), passMsMax)).flat()
    const byName = new Map(answers.map(([{ name }, found]) => [name, found]))
    return answers.map(([rule, found]) => {
      const missing = (byName.get(noDataAlert(rule) ?? '') ?? []).map(({ labels }) => labels)
      return [rule, { values: found, missing }]
    })
  }

  /** The one thing that is known without any answer: since when there was none. */
  #withoutAnswers(rules: readonly AlertRule[], atMs: number): readonly (readonly [AlertRule, Answer])[] {
    const rule = rules.find(({ name }) => name === HEARTBEAT_MISSED)
    const sinceMs = atMs - this.completeAtMs
    if (rule === undefined || sinceMs <= HEARTBEAT_MS_MAX) return []
    return [[rule, { values: [{ labels: {}, value: sinceMs / 1_000 }], missing: [] }]]
  }

  #replace(alerts: readonly Alert[], atMs: number): Pick<Pass, 'changed' | 'dropped'> {
    const bounded = new Map(alerts.slice(0, ALERTS_MAX).map((alert) => [alertKey(alert), alert]))
    const changes = new Map<string, Alert | null>()
    for (const [key, alert] of bounded) if (!isSame(this.#alerts.get(key), alert)) changes.set(key, alert)
    const changed = [...changes.values()].filter((alert) => alert !== null)
    const gone = [...this.#alerts].filter(([key]) => !bounded.has(key))
    for (const [key] of gone) changes.set(key, null)
    // What fired under a rule that is no more has ended with it.
    const ended = gone
      .filter(([, { state }]) => state === 'firing')
      .map(([, alert]): Alert => ({ ...alert, state: 'inactive', activeAtMs: null, resolvedAtMs: atMs }))
    const turned = [...changed, ...ended]
    if (changes.size > 0) this.#options.store.save(changes, turned)
    this.#alerts = bounded
    return { changed: turned, dropped: Math.max(0, alerts.length - ALERTS_MAX) }
  }
}

function isOwn({ origin }: AlertRule): boolean {
  return origin.kind === 'user'
}

const URGENCY: readonly AlertState[] = ['firing', 'pending', 'no-data', 'inactive']

/** What is cut away is of the config's own rules before all others, and what fires comes last. @param own names of those rules */
function gravestFirst(alerts: readonly Alert[], own: ReadonlySet<string | null>): readonly Alert[] {
  const rank = ({ rule, state }: Alert): number => (own.has(rule) ? URGENCY.length : 0) + URGENCY.indexOf(state)
  return alerts.toSorted((one, other) => rank(one) - rank(other))
}

/** It is about the question, not about who should answer. */
function isRefusal(error: unknown): error is Problem {
  return error instanceof Problem && error.code !== 'series.unreachable'
}

/** Values come and go with every pass: only a change of state is worth a write. */
function isSame(before: Alert | undefined, after: Alert): boolean {
  return (
    before !== undefined &&
    before.state === after.state &&
    before.activeAtMs === after.activeAtMs &&
    before.firedAtMs === after.firedAtMs &&
    before.resolvedAtMs === after.resolvedAtMs
  )
}

class LateError extends Error {}

async function withDeadline<T>(work: Promise<T>, withinMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new LateError(`not evaluated within ${withinMs} ms`)), withinMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    // Whoever comes too late is heard by nobody.
    work.catch(() => {})
  }
}
