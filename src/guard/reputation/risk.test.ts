import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BLOCK_AT_RISK } from './automatic.ts'
import { RISK_HALF_LIFE_MS, RiskBook, WEIGHTS, type RiskEvidence } from './risk.ts'

const attack: RiskEvidence = { kind: 'threat', class: 'sqli', score: 100, refused: true }
const plain = (kind: RiskEvidence['kind'], count = 1): RiskEvidence => ({
  kind,
  class: null,
  score: 0,
  refused: true,
  count,
})

const times = (count: number, one: RiskEvidence): readonly RiskEvidence[] => Array.from({ length: count }, () => one)

/** The risk after some evidence at one moment. */
function after(...evidence: readonly RiskEvidence[]): RiskBook {
  const book = new RiskBook()
  for (const one of evidence) book.note('192.0.2.1', one, 0)
  return book
}
const riskAfter = (...evidence: readonly RiskEvidence[]): number => after(...evidence).of('192.0.2.1', 0).refusedRisk

test('a client nobody complained of has no risk', () => {
  assert.deepEqual(new RiskBook().of('192.0.2.1', 0), { risk: 0, refusedRisk: 0, causes: [] })
})

test('each attack takes its share of what is left to 100, and the fourth passes the threshold', () => {
  const risks = [1, 2, 3, 4].map((count) => riskAfter(...times(count, attack)))
  assert.deepEqual(
    risks.map((risk) => Math.round(risk * 10) / 10),
    [40, 64, 78.4, 87],
  )
  assert.deepEqual(
    risks.map((risk) => risk >= BLOCK_AT_RISK),
    [false, false, false, true],
  )
  assert.ok(riskAfter(...times(500, attack)) <= 100)
})

test('a weaker verdict weighs less, and one event of many counts as many', () => {
  assert.ok(riskAfter({ ...attack, score: 60 }) < riskAfter(attack))
  const many = riskAfter(plain('rate-limited', 10))
  const single = riskAfter(...times(10, plain('rate-limited')))
  assert.ok(Math.abs(many - single) < 1e-9)
})

test('no cause but attacks blocks a client alone, however often it comes', () => {
  for (const kind of Object.keys(WEIGHTS) as RiskEvidence['kind'][]) {
    if (kind === 'threat') continue
    const risk = riskAfter(plain(kind, 100_000))
    assert.ok(risk > 40 && risk < BLOCK_AT_RISK, `${kind} alone comes to ${risk}`)
  }
  assert.ok(riskAfter(plain('rate-limited', 1_000), plain('unauthenticated', 1_000), attack) >= BLOCK_AT_RISK)
})

test('who fails to log in, is locked out and tries on is limited, not blocked, until it attacks as well', () => {
  const failures = [plain('login-failed', 10), plain('locked-out', 100)]
  assert.ok(riskAfter(...failures) < BLOCK_AT_RISK, `comes to ${riskAfter(...failures)}`)
  const clumsy = ['forbidden', 'unauthenticated', 'connections', 'rate-limited'] as const
  const all = [...failures, ...clumsy.map((kind) => plain(kind, 1_000))]
  assert.ok(riskAfter(...all) < BLOCK_AT_RISK, `comes to ${riskAfter(...all)}`)
  assert.ok(riskAfter(...all, attack) >= BLOCK_AT_RISK)
  assert.ok(riskAfter(...all, plain('protocol', 5)) >= BLOCK_AT_RISK)
})

test('what is only monitored shows as risk and blocks nobody', () => {
  const book = after(...times(10, { ...attack, refused: false }))
  const { risk, refusedRisk, causes } = book.of('192.0.2.1', 0)
  assert.ok(risk > BLOCK_AT_RISK)
  assert.equal(refusedRisk, 0)
  assert.equal(causes[0]?.cause, 'sqli (monitored)')
})

test('risk halves its sum with every half-life, names its causes strongest first, and is gone in the end', () => {
  const book = after(attack, attack, plain('rate-limited', 5))
  const now = book.of('192.0.2.1', 0)
  assert.deepEqual(
    now.causes.map(({ cause }) => cause),
    ['sqli', 'rate-limited'],
  )
  const sum = (risk: number): number => -Math.log(1 - risk / 100)
  const later = book.of('192.0.2.1', RISK_HALF_LIFE_MS)
  assert.ok(Math.abs(sum(later.risk) - sum(now.risk) / 2) < 1e-9)
  assert.deepEqual(book.top(10, 20 * RISK_HALF_LIFE_MS), [])
})

test('a clock that steps back changes nothing', () => {
  const book = after(attack)
  const { risk } = book.of('192.0.2.1', 0)
  assert.equal(book.of('192.0.2.1', -RISK_HALF_LIFE_MS).risk, risk)
})

test('a million rotating addresses stay within the bound and do not push out the hot one', () => {
  const book = new RiskBook(1_000)
  for (let count = 0; count < 4; count++) book.note('198.51.100.7', attack, 0)
  for (let index = 0; index < 1_000_000; index++) {
    book.note(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, plain('unauthenticated'), index / 1_000)
    if (index % 100_000 === 0) assert.ok(book.size <= 1_000, String(book.size))
  }
  assert.ok(book.size <= 1_000, String(book.size))
  assert.equal(book.top(1, 1_000)[0]?.client, '198.51.100.7')
})

test('a client that is forgotten begins anew', () => {
  const book = after(attack, attack)
  book.forget('192.0.2.1')
  assert.equal(book.of('192.0.2.1', 0).risk, 0)
})

test('the risk of all together moves under attack, names its causes, and is gone afterwards', () => {
  const book = new RiskBook()
  const together = (clients: number): number => {
    for (let client = book.size; client < clients; client++)
      for (const one of times(4, attack)) book.note(`192.0.2.${client}`, one, 0)
    return Math.round(book.together(0).risk)
  }
  assert.deepEqual([0, 1, 4, 16].map(together), [0, 40, 87, 100])
  assert.equal(book.together(0).causes[0]?.cause, 'sqli')
  assert.ok(book.together(12 * RISK_HALF_LIFE_MS).risk < 1)
})
