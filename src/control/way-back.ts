/** The way back: what was live before the live release, a step of `rollback` each. */
import type { PlanKind } from '../deploy/plan.ts'
import type { Release } from '../deploy/release.ts'
import type { State } from './state.ts'

/** Steps that are kept, and with them their releases. */
export const STEPS_KEPT = 5

export interface Switch {
  readonly kind: PlanKind
  readonly from: string | null
  readonly to: string
}

/**
 * The way back once another release is live, oldest first. A rollback goes down it, so that what was left by hand is never
 * gone back to by itself; one to a release that is not on it is a step like a deploy. A restart and a rotation bring the same
 * release under a new number.
 */
export function wayAfter(way: readonly string[], { kind, from, to }: Switch): readonly string[] {
  if (kind === 'restart' || kind === 'rotate' || from === null) return way
  if (kind === 'rollback' && way.includes(to)) return way.slice(0, way.indexOf(to))
  return [...way.filter((id) => id !== from && id !== to), from].slice(-STEPS_KEPT)
}

/** Oldest first. */
export function wayBack(state: State): readonly string[] {
  const onceLive = state.onceLive()
  const live = onceLive.find(({ id }) => id === state.get('live'))
  // A state of an earlier version has not kept it: what was numbered before went before.
  const older = onceLive.filter(({ sequence }) => live && sequence < live.sequence).map(({ id }) => id)
  return state.get('wayBack') ?? older.toReversed().slice(-STEPS_KEPT)
}

/** The release that `rollback` goes back to; null: there is none. */
export function releaseBefore(state: State): Release | null {
  const onceLive = state.onceLive()
  const steps = wayBack(state).map((step) => onceLive.find(({ id }) => id === step))
  return steps.findLast((release) => release !== undefined) ?? null
}
