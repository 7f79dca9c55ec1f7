import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../core/problem.ts'
import type { Limits } from './capacity.ts'
import { findCapacity, type Capacity } from './find-capacity.ts'
import type { LoadOptions } from './options.ts'
import type { LoadResult } from './result.ts'

const LIMITS: Limits = { p50: null, p95: 100, p99: null, errors: 0 }

void test('a rate is too much when it fails twice; one bad moment of the machine is not', async () => {
  let bad = 1
  const asked: number[] = []
  const { outcome, steps } = await search(300, (perSecond) => {
    asked.push(perSecond)
    return perSecond === 200 && bad-- > 0 ? 'slow' : 'honest'
  })
  assert.ok(outcome.kind === 'found' && outcome.perSecond > 285 && outcome.perSecond <= 300, JSON.stringify(outcome))
  assert.equal(asked.filter((rate) => rate === 200).length, 2)
  assert.equal(asked.filter((rate) => rate === 400).length, 2)
  assert.equal(steps.filter(({ perSecond }) => perSecond === 400).length, 1)
})

void test('a step that the generator has spoilt is measured again, and the search ends with its word when all are', async () => {
  let spoilt = 2
  const found = await search(300, () => (spoilt-- > 0 ? 'late' : 'honest'))
  assert.equal(found.outcome.kind, 'found')
  await assert.rejects(
    search(300, () => 'late'),
    { code: 'load.saturated' },
  )
})

/** A service of a known capacity: more is answered too late. */
function search(capacity: number, moodAt: (perSecond: number) => 'honest' | 'slow' | 'late'): Promise<Capacity> {
  const generate = async ({ perSecond, forMs }: LoadOptions): Promise<LoadResult> => {
    // What is sent to see whether the instance has come to rest.
    const mood = forMs === 1_000 ? moodAt(perSecond) : 'honest'
    if (mood === 'late') throw new Problem('load.saturated', 'late')
    const p95 = perSecond > capacity || mood === 'slow' ? 500 : 5
    const requests = (perSecond * forMs) / 1000
    return {
      asked: { perSecond, forMs, requests },
      sent: requests,
      answered: requests,
      good: requests,
      notSent: 0,
      sentPerSecond: perSecond,
      answeredPerSecond: perSecond,
      backlog: { before: 0, after: 0 },
      statuses: {},
      failures: {},
      cpu: 0,
      saturated: null,
      latency: { p50: 1, p90: 1, p95, p99: p95, p999: p95, max: p95 },
      lag: null,
      bytes: { sent: 0, received: 0 },
      connections: { opened: 1, mostOpen: 1 },
    }
  }
  return findCapacity({
    options: { request: { method: 'GET', path: '/', headers: [], body: null } } as unknown as LoadOptions,
    limits: LIMITS,
    firstPerSecond: 100,
    stepMs: 1_000,
    generate,
    onStep: () => {},
    signal: new AbortController().signal,
  })
}
