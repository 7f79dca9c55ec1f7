import type { ResolvedApp } from '../config/resolved.ts'
import { EVENTS_MIN } from './burn-rate.ts'
import { Decimal, ONE } from './decimal.ts'
import { detectionOf, OVERHEAD_MS } from './detection.ts'
import { budgetShare, type Budgeted } from './events.ts'
import { objectivesOf } from './objectives.ts'

/** Six collections: `rate` needs two, and one late or lost must not blind it. */
export const SYMPTOM_WINDOW_MS = 60_000
/** Half of the requests failing is a fault whatever was promised: a higher threshold would only be slower. */
const THRESHOLD_MAX = Decimal.of('0.5')
const DIGITS = 4

/** What a promised detection wants beside the burn rates, which are too slow for it. */
export interface Symptom {
  readonly objective: Budgeted
  readonly detectMs: number
  /** e · (D − overhead) ÷ window, for e = 100 %: with every request failing it is passed in time. */
  readonly threshold: Decimal
  /** Below it, what is allowed anyway would fire it by chance. */
  readonly noise: Decimal
}

/** The shortest detection that an app promises, in milliseconds; null: none is promised. */
export function promisedDetectMs(app: Pick<ResolvedApp, 'promises'>): number | null {
  const limits = objectivesOf(app).flatMap((each) => (each.kind === 'detection' ? [each.limitMs] : []))
  return limits.length === 0 ? null : Math.min(...limits)
}

/** Whether the burn rates alone tell within `detectMs` that everything fails. */
export function burnRatesSuffice(objective: Budgeted, detectMs: number): boolean {
  const found = detectionOf(objective, ONE)
  return found.kind === 'after' && !found.ms.plus(Decimal.of(OVERHEAD_MS)).isAbove(Decimal.of(detectMs))
}

/** The symptom that an objective's detection needs; null where its burn rates are fast enough, or where time is up before anything was seen. */
export function symptomOf(objective: Budgeted, detectMs: number): Symptom | null {
  if (objective.kind === 'latency' || objective.subject.kind !== 'requests') return null
  if (detectMs <= OVERHEAD_MS || burnRatesSuffice(objective, detectMs)) return null
  const threshold = Decimal.of(detectMs - OVERHEAD_MS).dividedBy(Decimal.of(SYMPTOM_WINDOW_MS), DIGITS, 'down')
  return {
    objective,
    detectMs,
    threshold: threshold.isAbove(THRESHOLD_MAX) ? THRESHOLD_MAX : threshold,
    noise: noiseOf(budgetShare(objective)),
  }
}

/** The symptoms of an app: for each objective on what fails. */
export function symptomsOf(app: Pick<ResolvedApp, 'promises'>, objectives: readonly Budgeted[]): readonly Symptom[] {
  const detectMs = promisedDetectMs(app)
  if (detectMs === null) return []
  return objectives.map((objective) => symptomOf(objective, detectMs)).filter((symptom) => symptom !== null)
}

/** Three standard deviations above the share that may fail, among as few events as count at all: p + 3·√(p·(1−p)/20). */
export function noiseOf(share: Decimal): Decimal {
  const p = share.toNumber()
  const noise = p + 3 * Math.sqrt((p * (1 - p)) / EVENTS_MIN)
  return Decimal.of(noise.toFixed(12)).rounded(DIGITS, 'up')
}
