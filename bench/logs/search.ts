import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { randomFrom } from '../../test/seeded/random.ts'
import type { LogQuery } from '../../src/observe/logs/line.ts'
import { LogStore } from '../../src/observe/logs/store/store.ts'
import type { Cold } from './cold.ts'
import { correlationOf, FREQUENT, makeLine, RARE } from './lines.ts'

const BATCH = 2_500
const DAY_MS = 24 * 60 * 60_000

export interface Built {
  readonly seconds: number
  readonly bytesPerLine: number
  readonly textBytesPerLine: number
  readonly files: number
}

/** Writes seeded lines, as they would have come over so many days. */
export function build(folder: string, lines: number, days: number): Built {
  const random = randomFrom(1)
  const spanMs = days * DAY_MS
  const start = Date.now() - spanMs
  let now = start
  let text = 0
  const store = new LogStore(folder, { now: () => now })
  const began = performance.now()
  for (let index = 0; index < lines; index += BATCH) {
    now = start + Math.floor((index / lines) * spanMs)
    const batch = Array.from({ length: Math.min(BATCH, lines - index) }, (_, more) =>
      makeLine(index + more, start + Math.floor(((index + more) / lines) * spanMs), random),
    )
    for (const line of batch) text += line.text.length
    store.append(batch, new Map())
  }
  const seconds = (performance.now() - began) / 1e3
  const bytes = store.bytes()
  while (store.tidy());
  store.close()
  const files = readdirSync(folder).length
  return { seconds, bytesPerLine: bytes / lines, textBytesPerLine: text / lines, files }
}

export interface Asked {
  readonly name: string
  readonly cold: Cold
  /** The slowest and the middle of twenty. */
  readonly warmMaxMs: number
  readonly warmMs: number
}

const QUESTIONS = (lines: number, days: number): readonly (readonly [string, LogQuery])[] => {
  const middle = Date.now() - (days * DAY_MS) / 2
  const request = Math.floor(lines / 7)
  return [
    ['newest', {}],
    ['a rare word', { text: RARE }],
    ['a frequent word', { text: FREQUENT }],
    ['a word that no line has', { text: 'nonesuch' }],
    ['two words', { text: 'payment rejected' }],
    ['two frequent words, one level', { text: `${FREQUENT} order`, level: 'error' }],
    // The worst there is: every entry of both is looked at, and no line has both.
    ['two frequent, never together', { service: 'gateway', instance: 'api@7-3fa9c1d2-1' }],
    ['correlation id', { correlationId: correlationOf(request) }],
    ['trace id', { traceId: request.toString(16).padStart(32, 'a') }],
    ['level error', { level: 'error' }],
    ['service, time', { service: 'web', fromMs: middle, toMs: middle + 60_000 * days }],
    ['service, rare word', { service: 'worker', text: RARE }],
  ]
}

export function ask(folder: string, lines: number, days: number): readonly Asked[] {
  return QUESTIONS(lines, days).map(([name, query]) => {
    const cold = execFileSync(process.execPath, [join(import.meta.dirname, 'cold.ts'), folder, JSON.stringify(query)])
    const store = new LogStore(folder)
    store.search(query)
    const times = Array.from({ length: 20 }, () => {
      const began = performance.now()
      store.search(query)
      return performance.now() - began
    }).toSorted((one, other) => one - other)
    store.close()
    return { name, cold: JSON.parse(cold.toString()) as Cold, warmMs: times[10]!, warmMaxMs: times.at(-1)! }
  })
}
