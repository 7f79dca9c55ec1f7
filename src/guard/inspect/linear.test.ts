import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONTENT_TYPES, FAMILIES } from '../../../bench/guard/families.ts'
import type { Family } from '../../../bench/guard/families.ts'
import { createInspector } from './inspector.ts'
import type { Inspector } from './inspector.ts'

const SHORT = 4096
/** As long as values are judged in one piece; the readers of formats see more. */
const LONG_VALUE = 65_536
const LONG_BODY = 524_288
/** Quadratic work would cost LONG_VALUE / SHORT times as much a byte, that is 16; noise of a busy machine does not reach this. */
const GROWTH_MAX = 5
const TRIES = 2

/** Nanoseconds of CPU a byte, at best of some tries. */
function cost(inspector: Inspector, family: Family, length: number): number {
  const body = Buffer.from(family.text(length))
  const headers = ['Content-Type', CONTENT_TYPES[family.as]]
  const request = { method: 'POST', target: '/', client: '192.0.2.1', host: 'a', headers }
  const rounds = Math.ceil(LONG_VALUE / length)
  const tries = Array.from({ length: TRIES }, () => {
    const before = process.cpuUsage()
    for (let round = 0; round < rounds; round++) {
      const judge = inspector.body(request)!
      judge.push(body)
      judge.end()
    }
    const { user, system } = process.cpuUsage(before)
    return ((user + system) * 1000) / rounds / body.length
  })
  return Math.min(...tries)
}

void test('no input makes judging cost more a byte the longer it is', () => {
  const inspector = createInspector({ threats: 'monitor', routes: [], exceptions: [] })
  const growth = (family: Family): number => {
    const short = cost(inspector, family, SHORT)
    const long = cost(inspector, family, family.as === 'body' ? LONG_VALUE : LONG_BODY)
    // A clock of microseconds: what costs next to nothing has no ratio.
    return long / Math.max(short, 1)
  }
  // A collection of garbage may fall into one measurement of a family, not into three.
  let steep = FAMILIES
  for (let round = 0; round < 3; round++) steep = steep.filter((family) => growth(family) > GROWTH_MAX)
  assert.deepEqual(
    steep.map(({ name }) => name),
    [],
  )
})
