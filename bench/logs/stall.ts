import { performance } from 'node:perf_hooks'
import { waitedMs } from './waited.ts'

const EVERY_MS = 5

export interface Stalls {
  /** The longest that the event loop was held up. */
  readonly maxMs: number
  /** The same without what it waited for a processor that others had. */
  readonly ownMaxMs: number
}

/** Watches the event loop of this process until it is asked for what it saw. */
export function watchLoop(): () => Stalls {
  let [maxMs, ownMaxMs] = [0, 0]
  let [last, lastWaited] = [performance.now(), waitedMs()]
  const look = (): void => {
    const [now, waited] = [performance.now(), waitedMs()]
    const lateMs = now - last - EVERY_MS
    maxMs = Math.max(maxMs, lateMs)
    ownMaxMs = Math.max(ownMaxMs, lateMs - (waited - lastWaited))
    ;[last, lastWaited] = [now, waited]
  }
  const timer = setInterval(look, EVERY_MS)
  return () => {
    clearInterval(timer)
    look()
    return { maxMs, ownMaxMs }
  }
}
