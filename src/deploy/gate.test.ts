import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../core/clock.ts'
import type { Problem } from '../core/problem.ts'
import { GATE_INTERVAL_MS, GATE_NOTE_MS, passGate } from './gate.ts'
import type { Instance, Release } from './release.ts'
import type { Cause, Diagnosis, Probe, Seen, Target } from './target.ts'

const instance: Instance = {
  id: 'api@1-x-1',
  service: 'api',
  release: '1-x',
  host: '127.0.0.1',
  port: 1,
  state: 'running',
  pid: 1,
  startedAt: 0,
  restarts: 0,
  lastExit: null,
}
const within = (deadlineMs: number, strategy = 'rolling'): Release =>
  ({
    config: {
      strategy,
      target: 'docker',
      services: { api: { run: { kind: 'program' }, health: { passes: 3, deadlineMs } } },
    },
  }) as unknown as Release
const pass: Probe = { kind: 'pass', tookMs: 1, note: null }
const gone = (restarts: number | null): Probe => ({ kind: 'gone', because: 'the program exited with 1', restarts })
const fail: Probe = { kind: 'fail', because: 'GET /ready answered 503', tookMs: 1, look: null }

const wrongPort: Cause = {
  name: 'wrong-port',
  certainty: 'proven',
  text: 'it listens on 127.0.0.1:3000 instead of $PORT (1)',
  basis: "the kernel's table",
  cure: 'Let it listen on $PORT.',
}

interface Script {
  readonly cause?: Cause | null
  readonly deadlineMs?: number
  readonly lastLines?: readonly string[]
  readonly strategy?: string
}

/** Runs the gate over a script of looks; the last one repeats. Time passes only by sleeping. */
async function gate(
  script: readonly Probe[],
  { cause = null, deadlineMs = 2_000, lastLines = ['listening on 3000'], strategy }: Script = {},
): Promise<{ looks: number; waitedMs: number; notes: string[]; asked: readonly [Seen, boolean][] }> {
  let looks = 0
  let now = 0
  const notes: string[] = []
  const asked: [Seen, boolean][] = []
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms
    },
  }
  const target = {
    probe: async () => script[Math.min(looks++, script.length - 1)]!,
    diagnose: async (_instance: Instance, _release: Release, seen: Seen, thorough: boolean): Promise<Diagnosis> => {
      asked.push([seen, thorough])
      return { cause, facts: ['listens on: 127.0.0.1:3000'], lastLines }
    },
  } as unknown as Target
  await passGate([instance], {
    target,
    release: within(deadlineMs, strategy),
    service: 'api',
    clock,
    signal: new AbortController().signal,
    onNote: (text) => notes.push(text),
  }).catch((problem: unknown) => Promise.reject(Object.assign(problem as Problem, { asked })))
  return { looks, waitedMs: now, notes, asked }
}

test('the gate wants its passes in a row', async () => {
  const { looks, notes } = await gate([pass, pass, fail, pass, pass, pass])
  assert.equal(looks, 6)
  assert.deepEqual(notes, ['api@1-x-1 passed 2 of 3, then: GET /ready answered 503'])
})

test('an instance that is not ready by the deadline is refused on one screen: cause, last probe, facts, last lines', async () => {
  await assert.rejects(gate([fail], { cause: wrongPort }), (problem: Problem) => {
    assert.equal(problem.code, 'deploy.gate-failed')
    assert.match(problem.message, /api@1-x-1 did not become ready in 2\.\d s: it listens on 127\.0\.0\.1:3000/)
    assert.equal(problem.hint, 'Let it listen on $PORT. The live release was not touched.')
    assert.deepEqual(problem.details, [
      "cause: wrong-port, proven: the kernel's table",
      'last probe: GET /ready answered 503 (1 ms)',
      'listens on: 127.0.0.1:3000',
      '| listening on 3000',
    ])
    return true
  })
})

test('a service that made room for a release that is refused was touched, and comes back', async () => {
  await assert.rejects(gate([fail], { strategy: 'recreate' }), {
    hint: 'Mend the cause and deploy again. What was stopped of api to make room comes back; nothing else of the live release was touched.',
  })
})

test('a guess says that it is one', async () => {
  const guess = { ...wrongPort, certainty: 'likely' } as const
  await assert.rejects(gate([fail], { cause: guess }), /in 2\.\d s: probably it listens on 127\.0\.0\.1:3000/)
})

test('the diagnosis gets what the gate has counted, and may try things out only for the refusal', async () => {
  const looks = [pass, fail, pass, pass, fail, ...Array.from({ length: 40 }, () => fail)]
  await assert.rejects(gate(looks, { deadlineMs: 6_000 }), ({ asked }: { asked: readonly [Seen, boolean][] }) => {
    assert.deepEqual(
      asked.map(([, thorough]) => thorough),
      [false, true],
    )
    const { waitedMs, probes, passed, relapses, last } = asked[1]![0]
    assert.deepEqual({ passed, relapses, last }, { passed: 3, relapses: 2, last: fail })
    assert.equal(waitedMs, (probes - 1) * GATE_INTERVAL_MS)
    return true
  })
})

test('what passes and yet looks wrong is noted once', async () => {
  const doubtful: Probe = { ...pass, note: "its body says 'not_ready'" }
  const { notes } = await gate([doubtful, doubtful, doubtful])
  assert.deepEqual(notes, ["api@1-x-1: its body says 'not_ready'"])
})

test('without a known cause the last look is the cause', async () => {
  await assert.rejects(gate([fail]), /did not become ready in .*: GET \/ready answered 503/)
})

test('a program that ended once may come up; one that ends three times is refused at once', async () => {
  assert.equal((await gate([gone(0), pass, pass, pass])).looks, 4)
  await assert.rejects(gate([gone(0), gone(1), gone(2), pass, pass, pass]), /exited with 1/)
})

test('what ended before the gate looked does not count against a warm release', async () => {
  assert.equal((await gate([gone(7), gone(8), pass, pass, pass])).looks, 5)
  await assert.rejects(gate([gone(7), gone(8), gone(9), pass, pass, pass]), /exited with 1/)
})

test('an instance that will not come again is refused at once', async () => {
  await assert.rejects(gate([gone(null), pass, pass, pass]), /exited with 1/)
})

test('whoever waits is told every few seconds why it is not ready yet: the cause, else the last look', async () => {
  const looks = [...Array.from({ length: (2 * GATE_NOTE_MS) / GATE_INTERVAL_MS + 1 }, () => fail), pass]
  const told = await gate(looks, { cause: wrongPort, deadlineMs: 60_000 })
  assert.deepEqual(told.notes, [
    'api@1-x-1 is not ready after 5 s: it listens on 127.0.0.1:3000 instead of $PORT (1)',
    'api@1-x-1 is not ready after 10 s: it listens on 127.0.0.1:3000 instead of $PORT (1)',
  ])
  const unready = await gate(looks, { deadlineMs: 60_000 })
  assert.equal(unready.notes[0], 'api@1-x-1 is not ready after 5 s: GET /ready answered 503')
})

test('a refusal shows the last lines only', async () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`)
  await assert.rejects(gate([fail], { lastLines: lines }), ({ details }: Problem) => {
    assert.deepEqual(
      details.slice(2),
      lines.slice(-30).map((line) => `| ${line}`),
    )
    return true
  })
})

test('a pass takes no longer than its looks', async () => {
  assert.equal((await gate([pass])).waitedMs, 2 * GATE_INTERVAL_MS)
})
