/**
 * Compares the gateway with nginx, haproxy, caddy and @fastify/http-proxy in one interleaved run: `npm run bench:gateway`.
 * What is measured and how: docs/benchmarks.md. Exits 1 when a bar is missed or anything was not measured properly.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { GROUPS, PAIR, type Group } from './gateway/groups.ts'
import { bytesPerIdleConnection } from './gateway/idle.ts'
import { describeMachine, end, requirePrograms, startSpinner, versions } from './gateway/machine.ts'
import type { Place } from './gateway/place.ts'
import { offer } from './gateway/open-loop.ts'
import { barsOfGroup, describeBar, describeGroup, faultsOf, median, type Bar } from './gateway/report.ts'
import { runGroup, withAll, type Timing } from './gateway/run.ts'
import { startUpstream } from './gateway/targets.ts'

const OPEN_LOOP = 'latency'
const IDLE = 'idle'
const { values } = parseArgs({
  options: {
    /** Many short ones: what other machines on the same host do changes within seconds, and a ratio is of one round. */
    rounds: { type: 'string', default: '25' },
    seconds: { type: 'string', default: '2' },
    /** Short rounds: to see that it works, for no figure. */
    quick: { type: 'boolean', default: false },
    groups: { type: 'string', default: [...GROUPS.map(({ name }) => name), OPEN_LOOP, IDLE].join(',') },
    /** Requests per second offered to both for the latency. */
    rate: { type: 'string', default: '4000' },
    connections: { type: 'string', default: '10000' },
  },
})
/** What V8 has not compiled yet, on the one core that it has here, is no property of a gateway that serves. */
const WARM_UP = { loads: 4, seconds: 3 }
const timing: Timing = values.quick
  ? { rounds: 3, seconds: 2, warmUp: { loads: 1, seconds: 1 } }
  : { rounds: whole('rounds'), seconds: whole('seconds'), warmUp: WARM_UP }
const ROUNDS_WITHOUT_BAR = 5
const P99_AT_MOST = 1.5
const LATENCY_WARM_UP_SECONDS = 20

requirePrograms()
const wanted = values.groups.split(',')
const folder = mkdtempSync(join(tmpdir(), 'seaworthy-bench-gateway-'))
// Workers of the rivals run as other users.
chmodSync(folder, 0o755)
const spinner = startSpinner()
const upstream = await startUpstream(folder)
const bars: Bar[] = []
const faults: string[] = []
try {
  console.log(versions())
  console.log(
    `${timing.rounds} rounds of ${timing.seconds} s, ${ROUNDS_WITHOUT_BAR} where there is no bar, server on core 0, load and upstream on core 1 beside a spinner`,
  )
  for (const group of GROUPS.filter(({ name }) => wanted.includes(name))) {
    console.log(`\n${describeMachine()}`)
    const results = await runGroup(group, upstream.place, { ...timing, rounds: roundsOf(group) })
    console.log(describeGroup(group, results))
    bars.push(...barsOfGroup(group, results))
    faults.push(...faultsOf(group, results))
  }
  if (wanted.includes(OPEN_LOOP)) await latency(upstream.place)
  if (wanted.includes(IDLE)) await idle(upstream.place)
} finally {
  await upstream.stop()
  await end(spinner)
  rmSync(folder, { recursive: true, force: true })
}
console.log('')
for (const bar of bars) console.log(describeBar(bar))
for (const fault of faults) console.log(`void: ${fault}`)
if (bars.length === 0 && wanted.some((name) => GROUPS.some((group) => group.name === name && group.bars.length > 0))) {
  faults.push('no bar was measured')
}
process.exit(faults.length === 0 && bars.every(({ held }) => held) ? 0 : 1)

/** What no bar is asked of needs no median that is sure to a hundredth. */
function roundsOf({ bars }: Group): number {
  return bars.length > 0 ? timing.rounds : Math.min(timing.rounds, ROUNDS_WITHOUT_BAR)
}

/** The same rate for both, whatever they answer: the time from each request's instant to its last byte. */
async function latency(place: Place): Promise<void> {
  const rate = whole('rate')
  const p99s: number[][] = PAIR.map(() => [])
  await withAll(PAIR, place, async (running) => {
    // At the same rate: what V8 has not compiled yet, on the one core that it has here, is no property of a gateway that serves.
    for (const target of running) await offer(target, rate, LATENCY_WARM_UP_SECONDS)
    for (let round = 0; round < timing.rounds; round++) {
      for (const [index, target] of running.entries()) {
        const result = await offer(target, rate, timing.seconds)
        p99s[index]!.push(result.latency?.p99 ?? Number.NaN)
        if (result.good !== result.asked.requests) {
          const { failures, statuses, notSent } = result
          faults.push(`latency: ${PAIR[index]!.name}: ${JSON.stringify({ failures, statuses, notSent })}`)
        }
        if (result.saturated !== null) faults.push(`latency: ${result.saturated}`)
      }
    }
  })
  console.log(`\n${describeMachine()}\nlatency: ${rate} requests per second offered, browser heads, open loop`)
  for (const [index, { name }] of PAIR.entries()) {
    console.log(`  ${name}: p99 ms ${p99s[index]!.map((value) => value.toFixed(2)).join(' ')}`)
  }
  const ratio = median(p99s[1]!.map((value, round) => value / p99s[0]![round]!))
  const name = `latency: p99 ${PAIR[1]!.name} / ${PAIR[0]!.name} at ${rate} requests per second`
  bars.push({ name, figure: ratio.toFixed(2), bar: `<= ${P99_AT_MOST}`, held: ratio <= P99_AT_MOST })
}

async function idle(place: Place): Promise<void> {
  const connections = whole('connections')
  console.log(`\nidle: ${connections} kept-alive connections after one request each`)
  for (const target of PAIR) {
    const bytes = await withAll([target], place, ([running]) => bytesPerIdleConnection(running!, connections))
    console.log(`  ${target.name}: ${bytes.toFixed(0)} bytes each`)
  }
}

function whole(name: 'rounds' | 'seconds' | 'rate' | 'connections'): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= 1) return value
  throw new Error(`--${name}: expected a whole number of at least 1, got ${JSON.stringify(values[name])}`)
}
