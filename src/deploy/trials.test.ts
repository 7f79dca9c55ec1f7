/** Whole steps of a trial as arithmetic, from a fixed sequence: what passes, what is stopped, and how soon. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketOf, LATENCY_BOUNDS_MS } from '../core/histogram.ts'
import { compare, judge, type Look, type Verdict } from './analysis.ts'
import { wantsPair } from './filling.ts'

const LOOK_EVERY_MS = 250
const EVERY_MS = 60_000
const SAMPLE = 200
const WITNESS_PER_SECOND = 10
const LIMITS = { errors: 0.01, p95Ratio: 1.5, sample: SAMPLE }
/** Five minutes: a step of one minute that has not ended by then is stuck. */
const LOOKS_MAX = 1_200

interface Kind {
  readonly ms: number
  readonly fails: number
}

interface Trial {
  readonly next: Kind
  readonly old: Kind
  /** Users' requests a second on the release on trial, and on the live one. */
  readonly perSecond: number
  readonly oldPerSecond: number
  readonly random: () => number
}

/** Plays one step until its end, as trial.ts does. */
function play({ next, old, perSecond, oldPerSecond, random }: Trial): { verdict: Verdict; looked: number } {
  const books = [new Book(next, random), new Book(old, random), new Book(next, random), new Book(old, random)] as const
  const [userNext, userOld, witnessNext, witnessOld] = books
  const lookAt = (at: number): Look => ({
    users: { next: userNext.at(at), old: userOld.at(at) },
    witness: { next: witnessNext.at(at), old: witnessOld.at(at) },
  })
  const looks = [lookAt(0)]
  let verdict: Verdict = { kind: 'inconclusive', because: '' }
  for (let looked = 1; looked <= LOOKS_MAX; looked++) {
    const elapsedMs = looked * LOOK_EVERY_MS
    const figures = compare(looks)
    for (let beat = 0; beat < (WITNESS_PER_SECOND * LOOK_EVERY_MS) / 1_000; beat++) {
      const isInconclusive = verdict.kind === 'inconclusive'
      const filling = { ...figures, elapsedMs, everyMs: EVERY_MS, sample: SAMPLE, isInconclusive, onTheWay: beat }
      if (!wantsPair(filling)) break
      witnessNext.answer()
      witnessOld.answer()
    }
    userNext.answers(perSecond)
    userOld.answers(oldPerSecond)
    looks.push(lookAt(elapsedMs))
    verdict = judge(looks, LIMITS)
    if (verdict.kind === 'breach' || (verdict.kind === 'passed' && elapsedMs >= EVERY_MS)) return { verdict, looked }
  }
  return { verdict, looked: LOOKS_MAX }
}

/** What one release has answered to one group. */
class Book {
  readonly #kind: Kind
  readonly #random: () => number
  readonly #buckets = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0)
  #answers = 0
  #errors = 0
  #owed = 0

  constructor(kind: Kind, random: () => number) {
    this.#kind = kind
    this.#random = random
  }

  /** As many as come within one look, on average. */
  answers(perSecond: number): void {
    this.#owed += -Math.log(1 - this.#random()) * ((perSecond * LOOK_EVERY_MS) / 1_000)
    for (; this.#owed >= 1; this.#owed -= 1) this.answer()
  }

  /** Most are near the usual time, some take twice as long. */
  answer(): void {
    const { ms, fails } = this.#kind
    const normal = Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random())
    this.#answers += 1
    this.#errors += this.#random() < fails ? 1 : 0
    this.#buckets[bucketOf(ms * Math.exp(0.4 * normal))]! += 1
  }

  at(at: number) {
    return { at, answers: this.#answers, errors: this.#errors, buckets: [...this.#buckets] }
  }
}

function sequence(seed: number): () => number {
  let state = seed
  return () => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) / 0x7fffffff
}

const GOOD: Kind = { ms: 20, fails: 0 }
const SLOW: Kind = { ms: 60, fails: 0 }
/** At 5 % and at 50 % of the clients. */
const SHARES = [19, 1]

for (const perSecond of [0, 0.2, 0.5, 1.5, 2.5, 4, 20]) {
  test(`${perSecond} users' requests a second: p95 x 3 never passes, and as good a release always does`, (t) => {
    const random = sequence(Math.round(perSecond * 10) + 3)
    const trials = SHARES.flatMap((more) =>
      Array.from({ length: 15 }, () => ({ perSecond, oldPerSecond: perSecond * more, old: GOOD, random })),
    )
    const slow = trials.map((trial) => play({ ...trial, next: SLOW }))
    assert.deepEqual(
      slow.filter(({ verdict }) => verdict.kind !== 'breach'),
      [],
    )
    const good = trials.map((trial) => play({ ...trial, next: GOOD }))
    assert.deepEqual(
      good.filter(({ verdict }) => verdict.kind !== 'passed'),
      [],
    )
    const looks = Math.max(...good.map(({ looked }) => looked))
    assert.ok(looks <= (EVERY_MS + 5_000) / LOOK_EVERY_MS, `${looks} looks`)
    t.diagnostic(`slow: stopped after at most ${Math.max(...slow.map(({ looked }) => looked))} looks; good: ${looks}`)
  })
}

test('a live release that fails as much condemns the new one rarely, and five per cent against none are found', (t) => {
  const failing: Kind = { ms: 20, fails: 0.05 }
  const breaches = (next: Kind, old: Kind): number =>
    [11, 12, 99]
      .flatMap((seed) => Array.from({ length: 150 }).fill(sequence(seed)) as (() => number)[])
      .map((random) => play({ perSecond: 20, oldPerSecond: 20, random, next, old }))
      .filter(({ verdict }) => verdict.kind === 'breach').length
  const alike = breaches(failing, failing)
  const worse = breaches(failing, GOOD)
  t.diagnostic(`condemned: ${alike} of 450 as bad as the live release, ${worse} of 450 worse`)
  assert.ok(alike <= 36, `${alike} of 450 condemned though they are as good`)
  assert.ok(worse >= 440, `${worse} of 450 found`)
})
