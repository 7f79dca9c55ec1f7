import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Decimal } from './decimal.ts'
import { detectionOf, DOWN_MS, OVERHEAD_MS } from './detection.ts'
import { isBudgeted } from './events.ts'
import { objectivesWith } from './testing.ts'

const MIN = 60
const HOUR = 3_600
const DAY = 24 * HOUR

/** Seconds = share · 2 592 000 s · (1 − T) ÷ e, by hand; the rule is the fastest whose threshold is below e. */
const TABLE: readonly (readonly [string, readonly (readonly [e: string, by: string | null, seconds: number])[]])[] = [
  [
    '99.9%',
    [
      ['1', '1h', 51.84],
      ['0.5', '1h', 103.68],
      ['0.1', '1h', 518.4],
      ['0.05', '1h', 1_036.8],
      ['0.02', '1h', 2_592],
    ],
  ],
  [
    '99.5%',
    [
      ['1', '1h', 259.2],
      ['0.5', '1h', 518.4],
      ['0.1', '1h', 2_592],
      ['0.05', '6h', 216 * MIN],
      ['0.02', '1d', 18 * HOUR],
    ],
  ],
  [
    '99%',
    [
      ['1', '1h', 518.4],
      ['0.5', '1h', 1_036.8],
      ['0.1', '6h', 216 * MIN],
      ['0.05', '1d', 14.4 * HOUR],
      ['0.02', '3d', 36 * HOUR],
    ],
  ],
  [
    '95%',
    [
      ['1', '1h', 2_592],
      ['0.5', '6h', 216 * MIN],
      ['0.1', '3d', 36 * HOUR],
      ['0.05', null, 0],
      ['0.02', null, 0],
    ],
  ],
  // Not in the published table: below where the page of one hour ends, the slower rules decide.
  [
    '90%',
    [
      ['1', '6h', 216 * MIN],
      ['0.5', '1d', 14.4 * HOUR],
      ['0.2', '3d', 1.5 * DAY],
      ['0.1', null, 0],
      ['0.02', null, 0],
    ],
  ],
]

void test('when burn rates see a steady share of errors: 25 cells', () => {
  for (const [availability, cells] of TABLE) {
    const objective = objectivesWith({ availability }).filter(isBudgeted)[0]!
    for (const [errors, by, seconds] of cells) {
      const found = detectionOf(objective, Decimal.of(errors))
      const cell = `${availability} at ${errors}`
      if (by === null) assert.equal(found.kind, 'never', cell)
      else {
        assert.ok(found.kind === 'after', cell)
        assert.deepEqual([found.by.window.name, found.ms.toNumber() / 1_000], [by, seconds], cell)
      }
    }
  }
})

void test('the time from knowing to telling is a sum of bounds', () => {
  // 10 s collection + 10 s evaluation + 5 s group wait + 5 s delivery.
  assert.equal(OVERHEAD_MS, 30_000)
  // 3 × 10 s missed + 10 s + 5 s + 5 s.
  assert.equal(DOWN_MS, 50_000)
})
