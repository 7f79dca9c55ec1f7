/**
 * What the series cost: `npm run bench:observe [-- --hours 24 --series 5000]`. A simulated day of samples, ten seconds apart,
 * goes into a series.db on the disk as fast as it is taken; then a day is asked about, of one series and of five hundred.
 * Meanwhile the longest stall of this thread, where control would supervise, is measured: above its bar it ends with 1.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createLogger } from '../src/core/logger.ts'
import { SCRAPE_MS } from '../src/core/series/series.ts'
import { SeriesThread } from '../src/observe/series/store/thread.ts'
import { parseExpression } from '../src/promises/expression/parse.ts'
import { makeSeries } from './observe/series.ts'

const STALL_BAR_MS = 50
const HOUR_MS = 3_600_000
const START_MS = 480_000 * HOUR_MS
/** How often each question is asked; the median counts. */
const ASKED = 5
const IDLE_MS = 3_000

const { values: options } = parseArgs({
  options: { hours: { type: 'string', default: '24' }, series: { type: 'string', default: '5000' } },
})
const hours = Number(options.hours)
const count = Number(options.series)
const ticks = (hours * HOUR_MS) / SCRAPE_MS
const endMs = START_MS + hours * HOUR_MS

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-bench-observe-'))
try {
  process.exitCode = await measure()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function measure(): Promise<number> {
  const path = join(folder, 'series.db')
  const thread = new SeriesThread({ path, logger: createLogger('bench', (line) => void process.stderr.write(line)) })
  const makingUs = cpuOfMaking()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  await turn(thread)
  delay.enable()
  await pause(IDLE_MS)
  const idle = delay.max / 1e6
  delay.reset()

  const readings = makeSeries(count)
  const samples = ticks * count
  const [cpu, begun] = [process.cpuUsage(), performance.now()]
  let [appendMs, longestCpuMs, making] = [0, 0, 0]
  for (let tick = 0; tick < ticks; tick++) {
    const those = readings(START_MS + tick * SCRAPE_MS)
    making += 1
    const before = process.threadCpuUsage()
    thread.append(those)
    const { user, system } = process.threadCpuUsage(before)
    appendMs += (user + system) / 1e3
    longestCpuMs = Math.max(longestCpuMs, (user + system) / 1e3)
    await turn(thread)
  }
  const used = process.cpuUsage(cpu)
  const ingestUs = used.user + used.system - making * makingUs
  say('ingest', `${samples / 1e6} M samples of ${count} series in ${((performance.now() - begun) / 1e3).toFixed(1)} s`)
  say(
    'CPU of a sample',
    `${(ingestUs / samples).toFixed(3)} µs, ${((appendMs * 1e3) / samples).toFixed(3)} of them on the main thread`,
  )
  say(
    'CPU while it runs',
    `${(((ingestUs / samples) * count * 1e-4) / (SCRAPE_MS / 1e3)).toFixed(2)} % of a core at ${SCRAPE_MS / 1e3} s`,
  )
  const stall = delay.max / 1e6
  delay.reset()
  const bytes = ['', '-wal'].map((beside) => statSync(`${path}${beside}`).size)
  say(
    'on disk',
    `${(bytes[0]! / 2 ** 20).toFixed(0)} MiB, ${(bytes[0]! / samples).toFixed(2)} bytes a sample; journal of SQLite ${(bytes[1]! / 2 ** 20).toFixed(0)} MiB`,
  )
  const dropped = Object.values(thread.counts.dropped).reduce((sum, one) => sum + one, 0)
  say('dropped', String(dropped))

  const day = { startMs: endMs - Math.min(hours, 24) * HOUR_MS, endMs, stepMs: 60_000 }
  for (const [what, text] of [
    ['24 h of 1 series', 'rate(requests_total{index="7"}[5m])'],
    ['24 h of 500 series', 'sum by (service) (rate(requests_total{index=~"[1-4]..|.."}[5m]))'],
    ['now, 2 000 series', 'sum by (service) (rate(requests_total[5m]))'],
  ] as const) {
    const expression = parseExpression(text)
    const times: number[] = []
    for (let index = 0; index < ASKED; index++) {
      const from = performance.now()
      if (what.startsWith('now')) await thread.instant(expression, endMs)
      else await thread.range(expression, day)
      times.push(performance.now() - from)
    }
    say(what, `${times.toSorted((a, b) => a - b)[ASKED >> 1]!.toFixed(1)} ms`)
  }
  const asking = delay.max / 1e6
  say('longest stall', `${stall.toFixed(1)} ms while it takes in, ${asking.toFixed(1)} ms while it is asked`)
  say(
    '',
    `bar ${STALL_BAR_MS} ms; ${longestCpuMs.toFixed(1)} ms was the most CPU of one append, ${idle.toFixed(1)} ms the stall of an idle loop`,
  )
  const from = performance.now()
  await thread.close()
  const next = new SeriesThread({ path, logger: createLogger('bench', () => {}) })
  await turn(next)
  say('opened again', `${(performance.now() - from).toFixed(0)} ms`)
  await next.close()
  if (dropped === 0 && Math.max(stall, asking) < STALL_BAR_MS) return 0
  if (idle > STALL_BAR_MS / 2)
    say('inconclusive', 'this machine stalls a loop that does nothing: repeat on a quiet one')
  return 1
}

/** µs for the readings of one tick alone. */
function cpuOfMaking(): number {
  const readings = makeSeries(count)
  const rounds = 200
  for (let index = 0; index < rounds; index++) readings(index)
  const before = process.cpuUsage()
  for (let index = 0; index < rounds; index++) readings(index)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / rounds
}

/** Answered when everything before it is on the disk. */
async function turn(thread: SeriesThread): Promise<void> {
  await thread.series('nothing', [])
}

function say(what: string, text: string): void {
  process.stdout.write(`${what.padEnd(20)}${text}\n`)
}
