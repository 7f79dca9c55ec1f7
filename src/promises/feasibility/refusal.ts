import type { ResolvedApp } from '../../config/resolved.ts'
import type { Decimal } from '../decimal.ts'
import type { Infeasible } from '../objective.ts'
import type { Facts } from './facts.ts'

/** A value that would be another one: in the resolved config, or in what was measured. */
export interface Change {
  readonly of: 'app' | 'facts'
  readonly path: readonly string[]
  readonly value: unknown
}

/** What could be done instead, in words and as values: with all of its changes the same check passes. */
export interface WayOut {
  readonly text: string
  readonly changes: readonly Change[]
}

export interface Refusal {
  readonly kind: 'refused'
  readonly objective: string
  readonly reason: string
  readonly arithmetic: readonly string[]
  /** The nearest first. Never empty. */
  readonly waysOut: readonly WayOut[]
}

/** A check that cannot be made: what it lacks, and how it would be had. */
export interface Unknown {
  readonly kind: 'unknown'
  readonly objective: string
  readonly reason: string
  readonly lacks: string
}

export type Answer = Refusal | Unknown

/** One way in which a promise can turn out impossible. Pure. */
export type Check = (app: ResolvedApp, facts: Facts) => readonly Answer[]

/** As people and other parts read it. */
export function infeasible({ objective, reason, arithmetic, waysOut }: Refusal): Infeasible {
  return { objective, reason, arithmetic, waysOut: waysOut.map(({ text }) => text) }
}

export function change(path: readonly string[], value: unknown): Change {
  return { of: 'app', path, value }
}

/** The parsed value of a share, as the resolved config holds it. */
export function shareChange(path: readonly string[], share: Decimal): Change {
  return change(path, share.toNumber())
}
