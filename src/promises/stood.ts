import type { Spending } from './budget.ts'
import type { Standing } from './objective.ts'

/** Where an objective stands, and what says so. */
export interface Stood {
  readonly standing: Standing
  /** Null where there is no budget, or nothing to spend it on. */
  readonly spending: Spending | null
  /** What shows it, in words, where it is no budget. */
  readonly shownBy?: string
}

export const NOT_WATCHED: Stood = { standing: null, spending: null }
