import { SCRAPE_MS, type Sample } from '../../core/series/series.ts'
import { Decimal } from '../decimal.ts'
import type { Selector } from '../expression.ts'
import { durationText } from '../figures.ts'
import type { Objective } from '../objective.ts'
import type { Stood } from '../stood.ts'
import { BACK_MS } from './throughput.ts'

export type Recovery = Extract<Objective, { readonly kind: 'recovery' }>

/** One time that something was away. */
interface Outage {
  readonly fromMs: number
  /** Null: it is away still. */
  readonly toMs: number | null
}

/** What says whether the subject of an rto is there, above 0 while it is; null: nothing does. */
export function upOf({ what, subject }: Recovery): Selector | null {
  if (what !== 'rto' || subject.kind !== 'need') return null
  return {
    kind: 'selector',
    metric: 'seaworthy_need_up',
    matchers: [{ label: 'need', op: '=', value: subject.need }],
  }
}

/** Samples further apart than this leave a gap, of which nothing is known. */
const GAP_MS = 6 * SCRAPE_MS

/** From the first sample that is 0 to the first after it that is not; only as far as it was seen where a gap follows. */
export function outagesIn(samples: readonly Sample[], nowMs: number): readonly Outage[] {
  const outages: Outage[] = []
  let fromMs: number | null = null
  let seenMs: number | null = null
  for (const { atMs, value } of samples) {
    if (value === null) continue
    if (fromMs !== null && seenMs !== null && atMs - seenMs > GAP_MS) {
      outages.push({ fromMs, toMs: seenMs })
      fromMs = null
    }
    if (value <= 0) fromMs ??= atMs
    else if (fromMs !== null) {
      outages.push({ fromMs, toMs: atMs })
      fromMs = null
    }
    seenMs = atMs
  }
  if (fromMs === null || seenMs === null) return outages
  return [...outages, { fromMs, toMs: nowMs - seenMs > GAP_MS ? seenMs : null }]
}

/**
 * Where a promised time to recover stands: met when it was away and came back in time each time, broken when it once took longer,
 * at risk while it is away. Null when it was never away: that shows nothing of a recovery.
 */
export function outageStanding({ limitMs }: Recovery, samples: readonly Sample[], nowMs: number): Stood {
  const back = `the last ${BACK_MS / 3_600_000} h`
  if (!samples.some(({ value }) => value !== null)) return stood(null, `not collected in ${back}`)
  const outages = outagesIn(samples, nowMs)
  if (outages.length === 0) return stood(null, `never away in ${back}`)
  const lengths = outages.map(({ fromMs, toMs }) => (toMs ?? nowMs) - fromMs)
  const longest = Math.max(...lengths)
  const isAway = outages.at(-1)!.toMs === null
  const times = outages.length === 1 ? 'once' : `${outages.length} times`
  const shownBy = `away ${times} in ${back}, ${text(longest)} at the longest (by probes every ${text(SCRAPE_MS)})${isAway ? ', and away now' : ''}`
  return stood(longest > limitMs ? 'broken' : isAway ? 'at-risk' : 'met', shownBy)
}

/** How long one way back to an earlier release took, from the decision (or the first bad answers) until it served again. */
export interface WayBack {
  readonly deploy: string
  readonly tookMs: number
}

/** Where a promised rollback stands, by the ways back that were taken; null without any. */
export function rollbackStanding({ limitMs }: Recovery, ways: readonly WayBack[]): Stood {
  const [first, ...rest] = ways
  if (first === undefined) return stood(null, 'no release was ever taken back or rolled back here')
  const slowest = rest.reduce((slow, way) => (way.tookMs > slow.tookMs ? way : slow), first)
  const shownBy = `${ways.length} ${ways.length === 1 ? 'way' : 'ways'} back, ${text(slowest.tookMs)} at the longest (${slowest.deploy})`
  return stood(slowest.tookMs > limitMs ? 'broken' : 'met', shownBy)
}

function stood(standing: Stood['standing'], shownBy: string): Stood {
  return { standing, spending: null, shownBy }
}

function text(ms: number): string {
  return durationText(Decimal.of(Math.round(ms)))
}
