import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LATENCY_BOUNDS_MS } from '../../core/histogram.ts'
import type { CanaryProgress } from '../../deploy/canary.ts'
import type { Release } from '../../deploy/release.ts'
import type { Counters } from '../../gateway/admin/protocol.ts'
import { LOOK_EVERY_MS, NEW_TRIAL, Trial, type TrialMemory } from './trial.ts'

const buckets = LATENCY_BOUNDS_MS.map(() => 0).concat(0)

function release(id: string): Release {
  const canary = { steps: [0.25, 0.5], everyMs: 5_000, sample: 20 }
  const watch = { errors: 0.01, p95Ratio: 1.5 }
  return { id, config: { canary, watch, witness: { requests: [], perSecond: 1 } } } as unknown as Release
}

/** A trial in which time passes only by looking: `answersAt` says what either release has answered until then. */
function makeTrial(answersAt: (ms: number) => number, memory: TrialMemory = NEW_TRIAL) {
  let now = 1_000_000
  let asked: string | null = null
  const shares: number[] = []
  const notes: string[] = []
  const told: CanaryProgress[] = []
  const remembered: TrialMemory[] = []
  let onLook: (ms: number) => void = () => {}
  const trial = new Trial(
    {
      next: release('2-y'),
      old: release('1-x'),
      entrance: () => ({ port: 1, secure: false }),
      word: '',
      clock: { now: () => now, sleep: async (ms) => void (now += ms) },
      report: async (): Promise<Counters> => {
        onLook(now - 1_000_000)
        const count = answersAt(now - 1_000_000)
        const cell = {
          service: 'api',
          status: '2xx',
          count,
          buckets: buckets.with(20, count),
          sumMs: 0,
          retried: 0,
        } as const
        const cells = [
          { ...cell, release: '1-x' },
          { ...cell, release: '2-y' },
        ]
        return { cells, unrouted: 0, openConnections: 0, openRequests: 0 }
      },
      share: async (share) => void shares.push(share),
      askedBack: () => asked,
      liveTimedOut: () => 0,
      remember: (seen) => remembered.push(seen),
      tell: (progress) => told.push(progress),
      note: (text) => notes.push(text),
    },
    memory,
  )
  return {
    trial,
    shares,
    notes,
    told,
    remembered,
    pass: (ms: number) => void (now += ms),
    askBack: (because: string) => void (asked = because),
    onLook: (act: (ms: number) => void) => void (onLook = act),
    get elapsedMs() {
      return now - 1_000_000
    },
  }
}

test('each step lasts its time and gets its share, and the last one gives all', async () => {
  const world = makeTrial((ms) => ms / 10)
  assert.equal(await world.trial.run(), null)
  assert.deepEqual(world.shares, [0.25, 0.5])
  const { ended } = world.remembered.at(-1)!
  assert.deepEqual(
    ended.map(({ share, end, lastedMs }) => [share, end, lastedMs]),
    [
      [0.25, 'passed', 5_000],
      [0.5, 'passed', 5_000],
    ],
  )
  assert.ok(ended.every(({ users }) => users.next.answers >= 490 && users.next.answers <= 500))
})

test('counts that go back begin the step anew: a worker died with what it had counted', async () => {
  const world = makeTrial((ms) => (ms < 4_000 ? 100 + ms / 10 : (ms - 4_000) / 10))
  await world.trial.run()
  const first = world.remembered.at(-1)!.ended[0]!
  assert.ok(first.users.next.answers > 0 && first.users.next.answers <= 500, `${first.users.next.answers}`)
  assert.ok(world.elapsedMs >= 4_000 + 5_000 + 5_000, 'the step lasted its whole time from there')
})

test('time in which nobody looked is no part of a step', async () => {
  const world = makeTrial((ms) => ms / 10)
  let slept = false
  world.onLook((ms) => {
    if (slept || ms < 1_000) return
    slept = true
    world.pass(600_000)
  })
  await world.trial.run()
  const [first, second] = world.remembered.at(-1)!.ended
  assert.ok(first!.lastedMs >= 5_000 && first!.lastedMs < 7_500, `${first!.lastedMs}`)
  assert.ok(world.elapsedMs >= 600_000 + 2 * (second!.lastedMs - 2_000) + LOOK_EVERY_MS)
})

test('a trial goes on in the step and with the counts that were remembered', async () => {
  const before = makeTrial((ms) => ms / 10)
  before.onLook((ms) => void (ms >= 3_000 && before.askBack('stop here')))
  await before.trial.run()
  const saved = before.remembered.findLast(({ ended }) => ended.length === 0)!
  assert.ok(saved.watchedMs >= 2_000)

  const after = makeTrial((ms) => 300 + ms / 10, saved)
  await after.trial.run()
  const first = after.remembered.at(-1)!.ended[0]!
  assert.ok(after.elapsedMs < 9_000, `${after.elapsedMs} ms: the first step was not repeated`)
  assert.ok(first.users.next.answers >= 550, 'answers from before count')
})

test('who promotes ends the step at its next look; who asks for it back ends the trial', async () => {
  const world = makeTrial(() => 0)
  world.onLook((ms) => {
    if (ms === 1_000 && world.trial.progress.step === 1) assert.equal(world.trial.promote('ann'), 0.5)
    if (ms >= 3_000) world.askBack('aborted by bob')
  })
  assert.equal(await world.trial.run(), 'aborted by bob')
  assert.deepEqual(
    world.remembered.at(-1)!.ended.map(({ share, end, because }) => [share, end, because]),
    [
      [0.25, 'promoted', 'by ann'],
      [0.5, 'aborted', 'aborted by bob'],
    ],
  )
})

test('without answers it says once that it waits, and waits', async () => {
  const world = makeTrial(() => 0)
  world.onLook((ms) => void (ms >= 300_000 && world.askBack('enough')))
  await world.trial.run()
  assert.deepEqual(world.shares, [0.25])
  assert.deepEqual(world.notes.length, 1)
  assert.match(world.notes[0]!, /^inconclusive: 0 of the 20 answers needed; it stays at 25 % until/)
  // Every 5 s while the step lasts, every minute afterwards.
  assert.ok(world.told.length <= 8, `${world.told.length} lines in five minutes`)
})
