import type { Labels } from '../../core/series/labels.ts'

/** One value of one series, at the instant of the collection that it is a part of. */
export interface Measured {
  readonly metric: string
  readonly labels: Labels
  readonly value: number
}

/** One target that is asked again and again: it fails, hangs and ends alone. */
export interface Source {
  /** Together with the target its identity, and the labels of `seaworthy_scrape_up`: `need` and `db`. */
  readonly name: string
  readonly target: string
  /**
   * What there is now. Series that it no longer yields have ended; when it fails, all of them have, but for those that
   * `whenLost` says.
   */
  readonly read: (signal: AbortSignal) => Promise<readonly Measured[]>
  /** What stands for the target when it cannot be read, by why: that it is down, most often. @default nothing */
  readonly whenLost?: (because: unknown) => readonly Measured[]
  /** False while it is not known whether there is anything to read: then no `seaworthy_scrape_up` speaks of it. @default true */
  readonly isExpected?: () => boolean
}

/** A source that takes longer has failed. */
export const READ_MS = 5_000
/** Series that one source may have; those beyond are left out and counted. */
export const READINGS_MAX = 2_500
