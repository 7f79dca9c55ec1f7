import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import type { LogQuery } from '../../src/observe/logs/line.ts'
import type { LogThread } from '../../src/observe/logs/thread/client.ts'

const EVERY_MS = 200
const QUESTIONS: readonly LogQuery[] = [
  {},
  { text: 'order handled' },
  { level: 'error' },
  { correlationId: 'r-17' },
  { service: 'api', text: 'nonesuch' },
]

/** Asks the thread for full pages, one after the other, until the result is asked for: the slowest answer in milliseconds. */
export function askOnAndOn(thread: LogThread): () => Promise<number> {
  const over = new AbortController()
  const asking = (async () => {
    let maxMs = 0
    for (let count = 0; !over.signal.aborted; count++) {
      const began = performance.now()
      await thread.call('search', { query: QUESTIONS[count % QUESTIONS.length]!, limit: 1_000 })
      maxMs = Math.max(maxMs, performance.now() - began)
      await wait(EVERY_MS)
    }
    return maxMs
  })()
  return () => {
    over.abort()
    return asking
  }
}
