import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../core/problem.ts'
import { momentOf, sinceOf } from './since.ts'

/** As on a machine whose own zone is another one. */
function inZone(zone: string, run: () => void): void {
  const before = process.env['TZ']
  process.env['TZ'] = zone
  try {
    run()
  } finally {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  }
}

void test('a time without a zone is UTC, as times are shown, wherever the terminal is', () => {
  const at = Date.UTC(2026, 10, 21, 18, 56, 41)
  inZone('America/New_York', () => {
    assert.equal(new Date(at).getHours(), 13, 'the zone holds')
    assert.equal(sinceOf('2026-11-21 18:56:41'), at)
    assert.equal(sinceOf('2026-11-21T18:56:41'), at)
    assert.equal(sinceOf('2026-11-21T18:56:41.000Z'), at)
    assert.equal(sinceOf('2026-11-21T13:56:41-05:00'), at)
    assert.equal(sinceOf('2026-11-21T18:56'), at - 41_000)
    assert.equal(sinceOf('2026-11-21'), Date.UTC(2026, 10, 21))
  })
  assert.equal(sinceOf(undefined), null)
})

void test('what is no time is refused with the shapes that are', () => {
  for (const text of ['yesterday', '18:50', '10', '2026-13-01', '2026-11-21T25:00'])
    assert.throws(
      () => momentOf(text, '--until'),
      (error) =>
        error instanceof Problem &&
        error.code === 'cli.usage' &&
        error.message === `--until: '${text}' is neither a time nor a duration like '10min'` &&
        error.hint?.includes('2026-11-21T08:00+01:00') === true,
    )
})
