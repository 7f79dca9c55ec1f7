import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Instance, Release } from '../../deploy/release.ts'
import { decide, type Look } from './decide.ts'
import { Meters } from './meters.ts'
import { SCALE_TIMING } from './timing.ts'
import type { Usage } from '../../observe/collect/proc/usage.ts'

const BOUNDS = { min: 1, max: 40 }
const TARGET = 0.5
/** From the decision to the first request of an instance. */
const READY_MS = 2_000
const TICK_MS = 500

void test('a constant demand brings the instances that it needs, and not one more on the way there', async () => {
  for (const [demand, startsWith, atMost] of [
    [2, 1, 4],
    [2, 2, 4],
    [4, 1, 9],
    [4, 2, 9],
    [4, 6, 9],
    [10, 2, 21],
  ] as const) {
    const counts = await play(() => demand, startsWith)
    const what = `${demand} cores from ${startsWith}: ${told(counts)}`
    assert.ok(Math.max(...counts) <= atMost, what)
    // Up to a tenth above the target is close enough.
    assert.ok(counts.at(-1)! >= Math.ceil(demand / TARGET / 1.1), what)
  }
})

void test('a demand that comes after a lull is followed within a minute, and not overtaken', async () => {
  const counts = await play((ms) => (ms < 30_000 ? 0.1 : 4), 2)
  assert.ok(Math.max(...counts) <= 9, told(counts))
  assert.ok(counts[90_000 / TICK_MS]! >= 8, told(counts))
})

/** How many are wanted at each tick. The demand is shared evenly, and none of them can use more than a core. */
async function play(coresAt: (ms: number) => number, startsWith: number): Promise<readonly number[]> {
  const usage = new Map<number, Usage>()
  const meters = new Meters(SCALE_TIMING, () => new Map(usage))
  const readyAt = Array.from({ length: startsWith }, () => 0)
  const looks: Look[] = []
  const counts: number[] = []
  let wanted = startsWith
  for (let now = 0; now <= 240_000; now += TICK_MS) {
    const running = readyAt.filter((at) => at <= now).length
    for (let pid = 1; pid <= running; pid++) {
      const before = usage.get(pid)?.cpuSeconds ?? 0
      const share = Math.min(1, coresAt(now) / running)
      usage.set(pid, { cpuSeconds: before + (share * TICK_MS) / 1000, residentBytes: 0, processes: [] })
    }
    if (now % SCALE_TIMING.lookEveryMs === 0) {
      const instances = Array.from({ length: running }, (_, index) => instance(index + 1))
      const measures = await meters.read({ release, service: 'api', instances, counters: null, now })
      looks.push({ at: now, wanted, running, measures })
      wanted = decide(looks, BOUNDS, now, SCALE_TIMING).want
      while (readyAt.length < wanted) readyAt.push(now + READY_MS)
      readyAt.length = wanted
    }
    counts.push(wanted)
  }
  return counts
}

function told(counts: readonly number[]): string {
  return counts.filter((count, index) => count !== counts[index - 1]).join(' → ')
}

const scale = { cpu: TARGET, memory: null, perSecond: null, queue: null }
const release = {
  id: '1-a',
  config: { services: { api: { scale, memoryBytesMax: null, cpu: null } } },
} as unknown as Release

function instance(number: number): Instance {
  return { id: `api@1-a-${number}`, service: 'api', release: '1-a', pid: number, port: null } as Instance
}
