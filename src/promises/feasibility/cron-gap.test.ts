import assert from 'node:assert/strict'
import { test } from 'node:test'
import { longestGapMs } from './cron-gap.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const gaps = (lines: Readonly<Record<string, number | null>>) => {
  for (const [line, gap] of Object.entries(lines)) assert.equal(longestGapMs(line), gap, line)
}

void test('the longest gap decides, not the usual one', () => {
  gaps({
    '30 2 * * *': DAY,
    '0 */6 * * *': 6 * HOUR,
    '*/5 * * * *': 300_000,
    // Up to 22:00, and then from 8:00 on.
    '0 8-22/2 * * *': 10 * HOUR,
    '0,30 0 * * *': 23.5 * HOUR,
    '0 0 1 * *': 31 * DAY,
    '30 2 * * mon-fri': 3 * DAY,
    '30 2 * * 0': 7 * DAY,
    '30 2 * * 7': 7 * DAY,
    '0 0 1 JAN,jul *': 184 * DAY,
    // Either day will do: the 15th or a Monday, at most a week.
    '0 0 15 * 1': 7 * DAY,
    // 2 × 45 past, then the next hour at 0: steps start anew.
    '*/45 * * * *': 45 * 60_000,
  })
})

void test('what never runs twice, or is no cron line, has none', () => {
  gaps({
    '0 0 31 2 *': null,
    '0 0 * *': null,
    '60 * * * *': null,
    'a b c d e': null,
    '5-1 * * * *': null,
    '*/0 * * * *': null,
  })
})
