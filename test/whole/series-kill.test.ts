import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SCRAPE_MS } from '../../src/core/series/series.ts'
import { SeriesStore } from '../../src/observe/series/store/store.ts'

const SERIES = 500
const KILLS = 10
/** A tick of ten seconds each tenth of one. */
const PACE_MS = 100
const HOUR_MS = 3_600_000
const START_MS = 480_000 * HOUR_MS

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-series-kill-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'series.db')

void test(`killed ${KILLS} times while it takes ${SERIES} series in, the store has lost one tick at most each time`, async (t) => {
  const fed: number[] = []
  const lost: number[] = []
  let closings = 0
  for (let kill = 0; kill < KILLS; kill++) {
    // Each run comes upon the end of an hour: some are killed before, some while, some after it is closed.
    const firstMs = START_MS + (kill + 1) * HOUR_MS - 2 * SCRAPE_MS
    const ticks = await feedAndKill(firstMs, 100 + Math.random() * 1_500)
    assert.ok(ticks.length > 0, 'nothing was fed')
    fed.push(...ticks)
    const store = new SeriesStore({ path })
    const held = heldTicks(store)
    const missing = fed.filter((atMs) => !held.has(atMs) && !lost.includes(atMs))
    assert.ok(missing.length <= 1, `${missing.length} of ${ticks.length} ticks are gone`)
    if (missing.length === 1) assert.equal(missing[0], ticks.at(-1), 'only the newest may be gone')
    for (const [atMs, count] of held) assert.equal(count, SERIES, `the tick at ${atMs} is there as a whole`)
    lost.push(...missing)
    if (ticks.length * SCRAPE_MS > 8 * SCRAPE_MS) closings += 1
    store.close()
  }
  assert.ok(closings > 0, 'no run came past the end of an hour')
  t.diagnostic(`${fed.length} ticks, ${lost.length} lost, ${closings} runs past the end of an hour`)
})

/** The ticks that the process said it had appended. */
async function feedAndKill(firstMs: number, afterMs: number): Promise<readonly number[]> {
  const args = [
    fileURLToPath(import.meta.resolve('../support/series-feeder.ts')),
    path,
    String(firstMs),
    String(SERIES),
    String(PACE_MS),
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  const begun = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      resolve()
    })
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  await begun
  await pause(afterMs)
  child.kill('SIGKILL')
  await ended
  return said.split('\n').filter(Boolean).map(Number)
}

/** At which ticks there are samples, and of how many series. */
function heldTicks(store: SeriesStore): ReadonlyMap<number, number> {
  const within = { fromMs: START_MS, toMs: START_MS + (KILLS + 2) * HOUR_MS }
  const ticks = new Map<number, number>()
  for (const { samples } of store.raw({ kind: 'selector', metric: 'fed_total', matchers: [] }, within)) {
    for (const { atMs, value } of samples) {
      assert.equal(value, atMs / SCRAPE_MS)
      ticks.set(atMs, (ticks.get(atMs) ?? 0) + 1)
    }
  }
  return ticks
}
