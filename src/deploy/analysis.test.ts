import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketOf, LATENCY_BOUNDS_MS } from '../core/histogram.ts'
import { compare, judge, type Look } from './analysis.ts'
import type { Sample } from './watch.ts'

const limits = { errors: 0.01, p95Ratio: 1.5, sample: 200 }

interface Flow {
  /** Answers at each look. */
  readonly answers: number
  /** Which of all its answers fail: every n-th; 0: none. */
  readonly failsEvery?: number
  readonly ms?: (look: number) => number
}
const NOTHING: Flow = { answers: 0 }

/** A look each 250 ms, the first one before anything was answered. */
function looks(count: number, users: { next: Flow; old: Flow }, witness = { next: NOTHING, old: NOTHING }): Look[] {
  const at = (flow: Flow, look: number): Sample => sampleAfter(flow, look)
  return Array.from({ length: count + 1 }, (_, look) => ({
    users: { next: at(users.next, look), old: at(users.old, look) },
    witness: { next: at(witness.next, look), old: at(witness.old, look) },
  }))
}

function sampleAfter({ answers, failsEvery = 0, ms = () => 20 }: Flow, look: number): Sample {
  const buckets = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0)
  // Counters go on from before: what was counted then is in every look.
  buckets[bucketOf(500)] = 1_000
  for (let index = 1; index <= look; index++) buckets[bucketOf(ms(index))]! += answers
  const all = answers * look
  return {
    at: look * 250,
    answers: 1_000 + all,
    errors: 500 + (failsEvery === 0 ? 0 : Math.floor(all / failsEvery)),
    buckets,
  }
}

const good: Flow = { answers: 10 }

test('none of 200 failed: it passes; what was counted before the step counts for nothing', () => {
  const seen = looks(20, { next: good, old: { answers: 200 } })
  assert.deepEqual(judge(seen, limits), { kind: 'passed' })
  assert.deepEqual(compare(seen).users.next.answers, 200)
  assert.deepEqual(compare(seen).users.next.errors, 0)
  assert.ok(compare(seen).users.next.p95Ms! < 23)
})

test('fewer answers than the sample are inconclusive, none at all too', () => {
  assert.deepEqual(judge(looks(19, { next: good, old: good }), limits), {
    kind: 'inconclusive',
    because: '190 of the 200 answers needed',
  })
  assert.equal(judge([], limits).kind, 'inconclusive')
  assert.equal(judge(looks(20, { next: NOTHING, old: NOTHING }), limits).kind, 'inconclusive')
})

test('the sample is filled by users or by the witness, and latency has to be judged: a hundred of each are not enough', () => {
  const half: Flow = { answers: 5 }
  assert.deepEqual(judge(looks(20, { next: half, old: half }, { next: half, old: half }), limits), {
    kind: 'inconclusive',
    because: '100 of the 200 answers needed',
  })
  assert.equal(judge(looks(20, { next: half, old: half }, { next: good, old: good }), limits).kind, 'passed')
  assert.deepEqual(judge(looks(20, { next: good, old: { answers: 4 } }), limits), {
    kind: 'inconclusive',
    because: 'too early, or too few answers of the old release at the same time, to compare p95',
  })
})

test('five per cent errors are a breach by 200 answers, wherever they come from', () => {
  const bad: Flow = { answers: 10, failsEvery: 20 }
  const because = judge(looks(20, { next: bad, old: good }), limits)
  assert.equal(because.kind, 'breach')
  assert.match(because.kind === 'breach' ? because.because : '', /^10 of 200 answers to users failed: 5 %, limit 1 %/)
  const witness = judge(looks(20, { next: good, old: good }, { next: bad, old: good }), limits)
  assert.match(witness.kind === 'breach' ? witness.because : '', /^10 of 200 answers to the witness failed/)
})

test('a release that always fails is found before its sample is full', () => {
  const broken: Flow = { answers: 1, failsEvery: 1 }
  const first = Array.from({ length: 10 }, (_, count) =>
    judge(looks(count, { next: broken, old: good }), limits),
  ).findIndex(({ kind }) => kind === 'breach')
  assert.equal(first, 3)
})

test('an old release that fails as much does not condemn the new one, nor hold it up', () => {
  const bad: Flow = { answers: 10, failsEvery: 20 }
  assert.deepEqual(judge(looks(20, { next: bad, old: bad }), limits), { kind: 'passed' })
})

test('errors above the limit that may be chance are neither passed nor a breach: more answers are needed', () => {
  const doubtful: Flow = { answers: 10, failsEvery: 60 }
  const verdict = judge(looks(20, { next: doubtful, old: good }), limits)
  assert.equal(verdict.kind, 'inconclusive')
  assert.match(verdict.kind === 'inconclusive' ? verdict.because : '', /3 of 200 answers to users failed, which may be/)
  const calmed: Flow = { answers: 10, failsEvery: 120 }
  assert.equal(judge(looks(40, { next: calmed, old: good }), limits).kind, 'passed')
})

test('users who wait in vain condemn no release, and let none pass that keeps more of them waiting', () => {
  const waiting = (every: number) => (look: Look, index: number) => {
    const next = { ...look.users.next, unanswered: 7 + Math.floor((index * 10) / every) }
    return { ...look, users: { next, old: { ...look.users.old, unanswered: 2 } } }
  }
  const seen = looks(20, { next: good, old: good })
  const verdict = judge(seen.map(waiting(3)), limits)
  assert.match(verdict.kind === 'inconclusive' ? verdict.because : '', /^66 of 266 users left .*, 0 of 200 of the old/)
  assert.equal(judge(seen.map(waiting(100)), limits).kind, 'passed')
})

test('a p95 three times as long is a breach, with the figures of the same time', () => {
  const slow: Flow = { answers: 10, ms: () => 60 }
  const verdict = judge(looks(20, { next: slow, old: good }), limits)
  assert.match(
    verdict.kind === 'breach' ? verdict.because : '',
    /^p95 for users is \d+ ms, [23]\.\d x the \d+ ms of the old release in the same time, limit 1\.5 x$/,
  )
  // The old one as slow in the same time: the machine is, not the release.
  assert.equal(judge(looks(20, { next: slow, old: slow }), limits).kind, 'passed')
})

test('a few milliseconds are no breach, whatever their ratio', () => {
  const quick: Flow = { answers: 10, ms: () => 2 }
  assert.equal(judge(looks(20, { next: { answers: 10, ms: () => 9 }, old: quick }), limits).kind, 'passed')
})

test('slow answers while a release warms up are forgiven, slow ones that stay are not', () => {
  const warming: Flow = { answers: 10, ms: (look) => (look <= 10 ? 200 : 20) }
  assert.equal(judge(looks(20, { next: warming, old: good }), limits).kind, 'passed')
  const tiring: Flow = { answers: 10, ms: (look) => (look <= 10 ? 20 : 200) }
  assert.equal(judge(looks(20, { next: tiring, old: good }), limits).kind, 'breach')
  const fast = looks(4, { next: { answers: 500, ms: () => 200 }, old: { answers: 500 } })
  assert.equal(judge(fast, limits).kind, 'inconclusive', 'a second is too short to judge')
})

test('a p95 is not judged by a handful of answers, and what is not judged does not pass', () => {
  const few = looks(
    20,
    { next: { answers: 4, ms: () => 200 }, old: good },
    { next: { answers: 6 }, old: { answers: 6 } },
  )
  assert.equal(judge(few, limits).kind, 'inconclusive')
})

test('users are compared with users: quick questions of the witness do not hide slow answers to people', () => {
  const people = { next: { answers: 20, ms: () => 90 }, old: { answers: 20, ms: () => 30 } }
  const quick = { next: { answers: 100, ms: () => 2 }, old: { answers: 100, ms: () => 2 } }
  const verdict = judge(looks(20, people, quick), limits)
  assert.match(verdict.kind === 'breach' ? verdict.because : '', /^p95 for users/)
})
