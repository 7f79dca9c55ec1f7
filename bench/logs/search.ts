import { performance } from 'node:perf_hooks'
import { randomFrom } from '../../test/seeded/random.ts'
import type { LogQuery } from '../../src/observe/logs/line.ts'
import { LogStore } from '../../src/observe/logs/store/store.ts'
import { correlationOf, FREQUENT, makeLine, RARE } from './lines.ts'

const BATCH = 2_500
const SPAN_MS = 12 * 60 * 60_000

export interface Built {
  readonly lines: number
  readonly seconds: number
  readonly bytesPerLine: number
  readonly textBytesPerLine: number
}

/** Writes seeded lines, as they would have come over half a day. */
export function build(folder: string, lines: number): Built {
  const random = randomFrom(1)
  const start = Date.now() - SPAN_MS
  let now = start
  let text = 0
  const store = new LogStore(folder, { now: () => now })
  const began = performance.now()
  for (let index = 0; index < lines; index += BATCH) {
    now = start + Math.floor((index / lines) * SPAN_MS)
    const batch = Array.from({ length: Math.min(BATCH, lines - index) }, (_, more) =>
      makeLine(index + more, start + Math.floor(((index + more) / lines) * SPAN_MS), random),
    )
    for (const line of batch) text += line.text.length
    store.append(batch, new Map())
  }
  const seconds = (performance.now() - began) / 1e3
  const bytes = store.bytes()
  while (store.tidy());
  store.close()
  return { lines, seconds, bytesPerLine: bytes / lines, textBytesPerLine: text / lines }
}

export interface Asked {
  readonly name: string
  readonly found: number
  /** The first question to a store that was just opened, its files put out of the page cache. */
  readonly coldMs: number
  /** The slowest and the middle of twenty. */
  readonly warmMaxMs: number
  readonly warmMs: number
}

const QUESTIONS = (lines: number): readonly (readonly [string, LogQuery])[] => {
  const end = Date.now()
  return [
    ['newest', {}],
    ['a rare word', { text: RARE }],
    ['a frequent word', { text: FREQUENT }],
    ['a word that no line has', { text: 'nonesuch' }],
    ['two words', { text: 'payment rejected' }],
    ['two frequent words, one level', { text: `${FREQUENT} order`, level: 'error' }],
    ['correlation id', { correlationId: correlationOf(Math.floor(lines / 7)) }],
    [
      'trace id',
      {
        traceId: Math.floor(lines / 7)
          .toString(16)
          .padStart(32, 'a'),
      },
    ],
    ['level error', { level: 'error' }],
    ['service, time', { service: 'web', fromMs: end - SPAN_MS / 2, toMs: end - SPAN_MS / 2 + 60_000 }],
    ['service, rare word', { service: 'worker', text: RARE }],
  ]
}

export function ask(folder: string, lines: number, evict: () => boolean): readonly Asked[] {
  return QUESTIONS(lines).map(([name, query]) => {
    const store = new LogStore(folder)
    evict()
    const coldBegan = performance.now()
    const { lines: found } = store.search(query)
    const coldMs = performance.now() - coldBegan
    const times = Array.from({ length: 20 }, () => {
      const began = performance.now()
      store.search(query)
      return performance.now() - began
    }).toSorted((one, other) => one - other)
    store.close()
    return { name, found: found.length, coldMs, warmMs: times[10]!, warmMaxMs: times.at(-1)! }
  })
}
