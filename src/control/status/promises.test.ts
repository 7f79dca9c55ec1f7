import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../../core/problem.ts'
import type { Value } from '../../observe/series/query.ts'
import { promql, type Expression } from '../../promises/expression.ts'
import { appWith } from '../../promises/testing.ts'
import { lookAtPromises } from './promises.ts'

const app = appWith({
  trade: { on: { service: 'api' }, availability: '99.9%', latency: { p95: '200ms' } },
  data: { on: 'db', rpo: '6h' },
})
const value = (of: number, labels = {}): readonly Value[] => [{ metric: null, labels, value: of }]

void test('each objective is asked for at one instant, and what does not answer is not met', async () => {
  const asked: string[] = []
  const answers: readonly (readonly [pattern: RegExp, answer: readonly Value[]])[] = [
    // Two burn rates of the latency hold; of its 200 000 answers 15 000 were slow, and 10 000 may be.
    [/_duration_seconds_count.* > 0\.3\b/, value(0.4)],
    [/^sum by \(service\) \(increase\(seaworthy_watched_duration_seconds_count/, value(200_000)],
    [/^sum by \(service\) \(increase.* - sum by/, value(15_000)],
    [/^sum by \(service\) \(increase\(.*status!~/, value(1_000_000)],
    [/^seaworthy_postgres_connections_limit$/, value(97, { need: 'db' })],
  ]
  const instant = (expression: Expression, atMs: number): Promise<readonly Value[]> => {
    assert.equal(atMs, 1_700_000_000_000)
    const text = promql(expression)
    asked.push(text)
    const isDifference = text.includes(') - sum by')
    const found = answers.find(
      ([pattern], index) => pattern.test(text) && (index === 2 || !isDifference || index === 0),
    )
    return Promise.resolve(found?.[1] ?? [])
  }
  const { stood, connectionsMax } = await lookAtPromises({ instant }, app, 1_700_000_000_000)
  assert.deepEqual(stood, {
    // No failure was ever counted: the series of failures is not there.
    'trade/availability': { standing: 'met', spending: { badShare: '0', spent: '0', left: '1' } },
    'trade/latency-0.95': { standing: 'broken', spending: { badShare: '0.075', spent: '1.5', left: '-0.5' } },
    'data/rpo': { standing: null, spending: null },
  })
  assert.deepEqual(connectionsMax, { db: 97 })
  assert.equal(asked.length, 2 * 2 + 4 + 2 + 1 + 1, 'counts, burn rates until one holds, the age, the limits')
})

void test('what the series refuse to say is not watched, and told; a bug of ours is not hidden', async () => {
  const away = new Problem('series.unreachable', 'the Prometheus at http://127.0.0.1:9 does not answer')
  const instant = (): Promise<never> => Promise.reject(away)
  const { stood, connectionsMax, because } = await lookAtPromises({ instant }, app, 1)
  assert.deepEqual([because, connectionsMax], [away.message, {}])
  assert.deepEqual(
    Object.values(stood).map(({ standing }) => standing),
    [null, null, null],
  )
  await assert.rejects(lookAtPromises({ instant: () => Promise.reject(new TypeError('bug')) }, app, 1), TypeError)
})
