import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appWith } from '../testing.ts'
import { NO_FACTS } from './facts.ts'
import { restoreTime } from './restore-time.ts'
import { onlyRefusal } from './testing.ts'

const appFor = (rto: string) => appWith({ data: { on: 'db', rto } })
const at = '2026-11-20T10:00:00.000Z'
const facts = { ...NO_FACTS, restore: { db: { bytesPerSecond: 10 * 1_048_576, at } } }

void test('22: 20 GiB at 10 MiB/s take longer than a quarter of an hour', () => {
  // 20 480 MiB ÷ 10 MiB/s = 2 048 s = 34.133 min > 15 min; 20 480 ÷ 900 s = 22.76 MiB/s; 900 s × 10 = 9 000 MiB.
  const { objective, arithmetic, waysOut } = onlyRefusal(restoreTime, { app: appFor('15min'), facts })
  assert.equal(objective, 'data/rto')
  assert.deepEqual(arithmetic, [
    '20480 MiB ÷ 10 MiB/s (measured 2026-11-20) = 34.133 min',
    '34.133 min > promised rto 15 min',
  ])
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    ["promise rto: '35min' in data", 'restore at 22.76 MiB/s, or keep a standby', 'hold db to 9000 MiB'],
  )
  assert.deepEqual(restoreTime(appFor('35min'), facts), [], 'the neighbour')
})

void test('what is measured of the size is nearer than what was declared', () => {
  assert.deepEqual(restoreTime(appFor('15min'), { ...facts, sizeBytes: { db: 1_073_741_824 } }), [])
})

void test('no restore, no answer', () => {
  assert.deepEqual(
    restoreTime(appFor('1s'), NO_FACTS).map(({ kind }) => kind),
    ['unknown'],
  )
})
