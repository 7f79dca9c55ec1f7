import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createLogger } from '../../../core/logger.ts'
import type { Reading } from '../../../core/series/series.ts'
import { parseExpression } from '../../../promises/expression/parse.ts'
import { SeriesThread } from './thread.ts'

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-series-thread-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const lines: string[] = []
const logger = createLogger('test', (line) => void lines.push(line))
const NOW = 1_700_000_000_000

function reading(name: string, atMs: number, value: number | null): Reading {
  return { metric: 'm', labels: { name }, atMs, value }
}

void test('what is appended is answered, and is there for the next thread', async () => {
  const path = join(folder, 'one.db')
  const first = new SeriesThread({ path, logger })
  first.append([reading('a', NOW, 1), reading('b', NOW, 2)])
  first.append([reading('a', NOW + 1_000, 3), reading('b', NOW + 1_000, null), reading('a', NOW, 9)])
  const sum = parseExpression('sum(m)')
  assert.deepEqual(await first.instant(sum, NOW), [{ metric: null, labels: {}, value: 3 }])
  assert.deepEqual(await first.instant(sum, NOW + 1_000), [{ metric: null, labels: {}, value: 3 }])
  assert.deepEqual(first.counts, { living: 1, dropped: { series: 0, late: 1, rate: 0, disk: 0, queue: 0 } })
  await first.close()
  await assert.rejects(first.instant(sum, NOW), { code: 'series.unreachable' })

  const second = new SeriesThread({ path, logger })
  const selector = { kind: 'selector', metric: 'm', matchers: [] } as const
  assert.deepEqual(await second.raw(selector, { fromMs: NOW, toMs: NOW + 5_000 }), [
    {
      metric: 'm',
      labels: { name: 'a' },
      samples: [
        { atMs: NOW, value: 1 },
        { atMs: NOW + 1_000, value: 3 },
      ],
    },
    {
      metric: 'm',
      labels: { name: 'b' },
      samples: [
        { atMs: NOW, value: 2 },
        { atMs: NOW + 1_000, value: null },
      ],
    },
  ])
  assert.deepEqual(await second.series('m', [{ label: 'name', op: '=', value: 'b' }]), [
    { metric: 'm', labels: { name: 'b' } },
  ])
  await second.close()
})

void test('a question that takes too long ends with its thread; what waited behind it is answered', async () => {
  const thread = new SeriesThread({ path: join(folder, 'two.db'), logger, workWithinMs: 500 })
  thread.append([reading(`${'a'.repeat(60)}!`, NOW, 1)])
  // Each further letter doubles what this pattern tries.
  const endless = thread.instant(parseExpression('m{name=~"(a+)+"}'), NOW)
  thread.append([reading('b', NOW, 2)])
  const behind = thread.instant(parseExpression('m{name="b"}'), NOW)
  await assert.rejects(endless, { code: 'series.too-much', message: /more than 500 ms/ })
  assert.equal((await behind)[0]?.value, 2)
  await thread.close()
})

void test('refusals cross the threads as they are', async () => {
  const thread = new SeriesThread({ path: join(folder, 'three.db'), logger })
  const range = { startMs: 0, endMs: NOW, stepMs: 1 }
  await assert.rejects(thread.range(parseExpression('m'), range), { code: 'series.too-much' })
  await thread.close()
})

void test('a file that is no database is put aside', async () => {
  const path = join(folder, 'four.db')
  writeFileSync(path, 'not a database, by no means'.repeat(100))
  const thread = new SeriesThread({ path, logger })
  thread.append([reading('a', NOW, 1)])
  assert.equal((await thread.instant(parseExpression('m'), NOW)).length, 1)
  assert.ok(existsSync(`${path}.damaged`))
  assert.ok(lines.some((line) => line.includes('begin anew')))
  await thread.close()
})

void test('what nobody takes is dropped and counted, not held for ever', async () => {
  const thread = new SeriesThread({ path: join(folder, 'five.db'), logger })
  const many = Array.from({ length: 100_000 }, (_, index) => reading('a', NOW + index, 1))
  for (let index = 0; index < 5; index++) thread.append(many)
  assert.equal(thread.counts.dropped['queue'], 200_000)
  await thread.close()
})

void test('where no file can be, what is asked is refused at once, and what is appended is bounded', async () => {
  const thread = new SeriesThread({ path: join(folder, 'not', 'there.db'), logger })
  thread.append([reading('a', NOW, 1)])
  await assert.rejects(thread.instant(parseExpression('m'), NOW), {
    code: 'series.unreachable',
    message: /unable to open/,
  })
  await assert.rejects(thread.instant(parseExpression('m'), NOW), { code: 'series.unreachable' })
  await thread.close()
})
