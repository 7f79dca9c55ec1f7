import { SCRAPE_MS } from '../../core/series/series.ts'

/** The instants of collections are multiples of SCRAPE_MS on the wall clock, whoever counts them: those of all sources line up. */
export function nextBeat(nowMs: number, lastMs: number): number {
  const next = (Math.floor(nowMs / SCRAPE_MS) + 1) * SCRAPE_MS
  // A clock that was set back a little meets an instant again that has its values already.
  return next <= lastMs && lastMs - next < SET_BACK_MS ? lastMs + SCRAPE_MS : next
}

/** A clock that was set back by more than a step is believed: what is measured meanwhile would be lost. */
const SET_BACK_MS = SCRAPE_MS

/** Calls `tick` at every beat; returns what ends it. Beats that were slept over are left out. */
export function onBeat(tick: (atMs: number) => void, now: () => number = Date.now): () => void {
  let last = 0
  let timer: NodeJS.Timeout
  const arm = (): void => {
    const next = nextBeat(now(), last)
    timer = setTimeout(() => {
      // A timer may come a moment early, and a machine may have slept.
      if (now() >= next) {
        last = Math.floor(now() / SCRAPE_MS) * SCRAPE_MS
        tick(last)
      }
      arm()
    }, next - now())
  }
  arm()
  return () => clearTimeout(timer)
}
