import type { ResolvedMatch } from '../config/resolved.ts'

/** What an objective is about; requests are those the gateway has seen, never what a service says of itself. */
export type Subject =
  /** Match null: every request of the service. */
  | { readonly kind: 'requests'; readonly service: string; readonly match: ResolvedMatch | null }
  | { readonly kind: 'need'; readonly need: string }
  | { readonly kind: 'operate' }

interface Part {
  /** The promise it comes from: 'trade'. */
  readonly promise: string
  readonly subject: Subject
  /** The window it is measured over. */
  readonly overMs: number
}

/**
 * One measurable part of a promise, the single source of its rules, panels, drills and state. Shares are decimal digits
 * ('0.999'): budgets are computed exactly from them, never from a double.
 */
export type Objective = Part &
  (
    | { readonly kind: 'availability'; readonly target: string }
    /** At least `target` of the answers take at most `limitMs`: a bucket stands exactly there. */
    | { readonly kind: 'latency'; readonly target: '0.5' | '0.95' | '0.99'; readonly limitMs: number }
    | { readonly kind: 'errors'; readonly budget: string }
    | { readonly kind: 'throughput'; readonly count: number; readonly perMs: number }
    /** Metric null: nothing says how far it is behind. */
    | { readonly kind: 'freshness'; readonly limitMs: number; readonly metric: string | null }
    /** `rpo`, `rto`, `keep` of a need; `rollback` of operate. */
    | { readonly kind: 'recovery'; readonly what: 'rpo' | 'rto' | 'keep' | 'rollback'; readonly limitMs: number }
    | { readonly kind: 'detection'; readonly limitMs: number }
    | { readonly kind: 'deploy'; readonly failedMax: number }
    /** What is still owed while an optional need is gone. */
    | { readonly kind: 'without'; readonly need: string; readonly p95Ms: number | null; readonly budget: string | null }
  )

/** `trade/latency-0.95`, `data/rpo`: what rules, panels and evidence call it; stable as long as the promise has it. */
export function objectiveId(objective: Objective): string {
  switch (objective.kind) {
    case 'latency':
      return `${objective.promise}/latency-${objective.target}`
    case 'recovery':
      return `${objective.promise}/${objective.what}`
    case 'without':
      return `${objective.promise}/without-${objective.need}`
    default:
      return `${objective.promise}/${objective.kind}`
  }
}

/** States of a promise in one environment; besides, a promise that is watched is met, at risk or broken. */
export const PROMISE_STATES = ['declared', 'infeasible', 'derived', 'unproven', 'proven', 'stale'] as const
export type PromiseState = (typeof PROMISE_STATES)[number]

/** Null where nothing can be seen of it: no data is not met. */
export type Standing = 'met' | 'at-risk' | 'broken' | null

/** Why a promise cannot be kept: the arithmetic, line by line, and the nearest values with which it could. */
export interface Infeasible {
  readonly objective: string
  /** 'dependency-ceiling', 'detection-window' … */
  readonly reason: string
  readonly arithmetic: readonly string[]
  readonly waysOut: readonly string[]
}

/** States in which only a drill can help. */
export function wantsDrill(state: PromiseState): boolean {
  return state === 'unproven' || state === 'stale'
}

/** What a promise's parts come to: the worst of them, and unknown before met. */
export function worst(standings: readonly Standing[]): Standing {
  const order: readonly Standing[] = ['broken', 'at-risk', null, 'met']
  return order.find((standing) => standings.includes(standing)) ?? null
}

/** A refusal as people read it. */
export function refusalLines({ objective, reason, arithmetic, waysOut }: Infeasible): readonly string[] {
  return [`${objective}: ${reason}`, ...arithmetic.map((line) => `  ${line}`), ...waysOut.map((way) => `  or: ${way}`)]
}
