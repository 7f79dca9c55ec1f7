/**
 * Whether limits hold over worker processes, and what they cost: `npm run bench:limits -- --requests 50000`. Each way to count
 * gets the same storm from 8 connections a worker; the promise is in docs/guides/limits.md. Ends with 1 when it is broken.
 */
import { parseArgs } from 'node:util'
import { Counts, COUNTS_MAX } from '../src/guard/limit/counts.ts'
import { TICKS_PER_MS } from '../src/guard/limit/gcra.ts'
import { createKeyHash } from '../src/guard/limit/hash.ts'
import { slowRule, wantOf } from '../src/guard/limit/store-contract.ts'
import { costs } from './limits/cost.ts'
import { WAYS } from './limits/quota.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '50000' },
    workers: { type: 'string', default: '8' },
    quota: { type: 'string', default: '10000' },
  },
})
const whole = (name: keyof typeof values): number => {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= 1) return value
  throw new Error(`--${name}: expected a whole number of at least 1, got ${JSON.stringify(values[name])}`)
}
const options = { workers: whole('workers'), requests: whole('requests'), quota: whole('quota') }
let held = true

console.log('CPU for a request, median of 15 interleaved batches of 200,000')
for (const { what, us } of await costs()) console.log(`  ${us.toFixed(3).padStart(7)} us  ${what}`)

const { mib, displaced, refused } = rotate()
held &&= refused && mib < 8
console.log(
  `\n1,000,000 addresses that come once: ${mib.toFixed(1)} MiB more, ${displaced} displaced, the one at its limit ${refused ? 'is still refused' : 'WAS FORGOTTEN'}`,
)

console.log(`\n${options.requests} requests over ${options.workers} workers, a quota of ${options.quota}`)
for (const way of Object.values(WAYS)) {
  const { what, passed, least, most, refused: turnedAway, lost, seconds } = await way(options)
  const isHeld = passed >= least && passed <= most
  held &&= isHeld
  console.log(
    `  ${what}: ${passed} passed (promised ${least} to ${most}: ${isHeld ? 'held' : 'BROKEN'}), ${turnedAway} refused, the store lost ${lost} times, ${seconds.toFixed(1)} s`,
  )
}
process.exit(held ? 0 : 1)

/** Addresses that come once, and one client that is at its limit meanwhile. */
function rotate(): { readonly mib: number; readonly displaced: number; readonly refused: boolean } {
  const before = process.memoryUsage()
  const counts = new Counts({
    now: () => Math.floor(performance.now() * TICKS_PER_MS),
    hash: createKeyHash([3, 4]),
    capacity: COUNTS_MAX,
  })
  const rule = slowRule('rotating', 5)
  const hot = wantOf(rule, { key: '198.51.100.7' })
  while (counts.take([hot]).taken);
  for (let nth = 0; nth < 1_000_000; nth++) {
    counts.take([wantOf(rule, { key: `10.${nth >> 16}.${(nth >> 8) & 255}.${nth & 255}` })])
  }
  const after = process.memoryUsage()
  const bytes = after.arrayBuffers - before.arrayBuffers
  return { mib: bytes / 2 ** 20, displaced: counts.size().displaced, refused: !counts.take([hot]).taken }
}
