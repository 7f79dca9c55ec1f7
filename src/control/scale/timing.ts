/** How fast the number of instances follows what is measured; times in milliseconds. */
export interface ScaleTiming {
  /** Between two looks. */
  readonly lookEveryMs: number
  /** What a use or a rate is averaged over. */
  readonly averageMs: number
  /** Within this time the number at most doubles, or grows by `UP_STEP`, whichever is more. */
  readonly upMs: number
  /** Within this time it shrinks by a tenth, or by one, whichever is more. */
  readonly downMs: number
  /** It never goes below the most that was wanted in this time. */
  readonly windowMs: number
}

/** Up at once, since users wait; down slowly, since a lull is often short. */
export const SCALE_TIMING: ScaleTiming = {
  lookEveryMs: 2_000,
  averageMs: 10_000,
  upMs: 15_000,
  downMs: 60_000,
  windowMs: 300_000,
}

/** Shorter times for tests, which cannot wait for a window of five minutes: no option of the product. */
const TIMING_VARIABLE = 'SEAWORTHY_SCALE_TIMING'

export function readScaleTiming(): ScaleTiming {
  return { ...SCALE_TIMING, ...(JSON.parse(process.env[TIMING_VARIABLE] ?? '{}') as Partial<ScaleTiming>) }
}

/** What `up` hands on of it to the control it starts. */
export function scaleTimingEnvironment(): Readonly<Record<string, string>> {
  const text = process.env[TIMING_VARIABLE]
  return text === undefined ? {} : { [TIMING_VARIABLE]: text }
}

export const UP_FACTOR = 2
export const UP_STEP = 4
export const DOWN_SHARE = 0.1
/** Closer to the target than this is close enough: each change costs something. */
export const TOLERANCE = 0.1
