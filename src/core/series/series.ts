import type { Labels } from './labels.ts'

/** A value at an instant. */
export interface Sample {
  /** Milliseconds since the epoch. */
  readonly atMs: number
  /** Null: the series ended here (its target is gone); what asks for an instant after it finds nothing. */
  readonly value: number | null
}

/** What a source hands in: one value of one series. */
export interface Reading extends Sample {
  readonly metric: string
  readonly labels: Labels
}

export interface Series {
  /** Null for what was computed. */
  readonly metric: string | null
  readonly labels: Labels
  /** Oldest first, each instant once. */
  readonly samples: readonly Sample[]
}

/** How far back an instant query looks for the newest sample, as Prometheus does by default. */
export const LOOKBACK_MS = 300_000

/** Between two collections, and between two evaluations of the alert rules. */
export const SCRAPE_MS = 10_000
