import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GuardRequest } from '../request.ts'
import type { FieldHint } from '../threats.ts'
import { CHARS, SCORE } from './detector.ts'
import type { Detector, Value } from './detector.ts'
import { createInspector } from './inspector.ts'
import type { Inspector, InspectorOptions } from './inspector.ts'
import { VALUE_CHARS_MAX } from './judge.ts'
import type { InspectVerdict } from './verdict.ts'

/** Reports each of its words where it stands: proof, strong (one and two), weak. */
const seen: Pick<Value, 'location' | 'name' | 'text' | 'rounds' | 'document' | 'hint'>[] = []
const WORDS: Readonly<Record<string, number>> = {
  proofword: SCORE.proof,
  strongone: SCORE.strong,
  strongtwo: SCORE.strong,
  weakone: SCORE.weak,
  weaktwo: SCORE.weak,
}
const detector: Detector = {
  name: 'words',
  chars: CHARS.at,
  words: Object.keys(WORDS),
  detect(value, report) {
    const { location, name, text, rounds, document, hint } = value
    seen.push({ location, name, text, rounds, document, hint })
    for (const [word, score] of Object.entries(WORDS)) {
      for (let start = value.lower.indexOf(word); start >= 0; start = value.lower.indexOf(word, start + 1)) {
        report({ class: 'sqli', rule: `test.${word}`, score, start, end: start + word.length })
      }
    }
  },
}

function inspectorWith(options: Partial<InspectorOptions> = {}): Inspector {
  return createInspector({
    threats: 'block',
    routes: [],
    exceptions: [],
    detectors: [detector],
    requestDetectors: [],
    ...options,
  })
}

function get(target: string, headers: readonly string[] = []): GuardRequest {
  return { method: 'GET', target, client: '192.0.2.1', host: 'a', headers }
}

function query(value: string, inspector = inspectorWith(), risk = 0): InspectVerdict {
  return inspector.head(get(`/?q=${encodeURIComponent(value)}`), risk)
}

function post(value: string, inspector = inspectorWith(), name = 'text'): InspectVerdict {
  const body = inspector.body({ ...get('/'), method: 'POST', headers: ['Content-Type', 'application/json'] })!
  body.push(Buffer.from(JSON.stringify({ [name]: value })))
  return body.end()
}

void test('one proof refuses, one strong sign is told, two of different rules refuse, weak ones need a strong one', () => {
  const cases: readonly [value: string, score: number, told: boolean, refused: boolean][] = [
    ['plain', 0, false, false],
    ['proofword', 100, true, true],
    ['strongone', 60, true, false],
    ['strongone strongone', 60, true, false],
    ['strongone strongtwo', 120, true, true],
    ['weakone weaktwo', 40, false, false],
    ['strongone weakone', 80, true, false],
    ['strongone weakone weaktwo', 100, true, true],
  ]
  for (const [value, score, told, refused] of cases) {
    const verdict = query(value)
    assert.deepEqual([verdict.score, verdict.told, verdict.refused], [score, told, refused], value)
  }
})

void test('signs in different values are not added up', () => {
  assert.equal(inspectorWith().head(get('/?a=strongone&b=strongtwo')).score, 60)
})

void test('a text of several lines halves what is no proof, hidden signs count more, and risk adds to what is told', () => {
  const lines = 'many words of a text that goes on\nover several lines and\nsays a lot strongone strongtwo'
  assert.equal(post(lines).score, 59)
  assert.equal(post(`${lines} proofword`).refused, true)
  assert.equal(query('%2573trongone').score, 80)
  assert.equal(query('%73trongone').score, 60)
  assert.equal(query('strongone', inspectorWith(), 50).score, 80)
  assert.equal(query('strongone', inspectorWith(), 100).refused, true)
  assert.equal(query('weakone', inspectorWith(), 100).score, 20)
})

void test('a hint says what a field holds, by its path', () => {
  const hinted = (hint: FieldHint, value: string, field = 'text'): number => {
    const routes = [{ host: null, method: null, path: '/', fields: { [field]: hint } }]
    return post(value, inspectorWith({ routes })).score
  }
  assert.equal(hinted('code', 'proofword'), 0)
  assert.equal(hinted('password', 'strongone strongtwo'), 0)
  assert.equal(hinted('password', 'proofword'), 100)
  assert.equal(hinted('html', 'proofword'), 20)
  assert.equal(hinted('text', 'strongone strongtwo'), 59)
  assert.equal(hinted('url', 'strongone'), 60)
  assert.equal(hinted('code', 'proofword', '*'), 0)
  assert.equal(hinted('code', 'proofword', 'other'), 100)
  assert.equal(hinted('code', 'proofword', 'text.*'), 100)
})

void test('evidence says where and what, cut and escaped, and shows no secrets', () => {
  const [evidence] = post(`${'x'.repeat(500)}\u0000\u001b[31m\u202eproofword\n${'y'.repeat(500)}`).evidence
  assert.deepEqual(
    [evidence!.class, evidence!.rule, evidence!.location, evidence!.name],
    ['sqli', 'test.proofword', 'json', 'text'],
  )
  assert.match(evidence!.excerpt, /^x+\\u0000\\u001b\[31m\\u202eproofword\\u000ay+$/)
  assert.ok(evidence!.excerpt.length <= 120)
  for (const name of ['password', 'user_token', 'apiKey', 'SessionId']) {
    assert.equal(post('proofword', inspectorWith(), name).evidence[0]!.excerpt, '', name)
  }
})

void test('values hidden in encodings are judged in each form, once in each', () => {
  seen.length = 0
  query('%2540%2573trongone')
  assert.deepEqual(
    seen.map(({ text, rounds }) => [text, rounds]),
    [['@strongone', 2]],
  )
  seen.length = 0
  assert.equal(query(Buffer.from('a proofword in base64').toString('base64')).refused, true)
})

void test('keys of plain letters are names; others are judged like values', () => {
  assert.equal(inspectorWith().head(get('/?proofword=1')).score, 0)
  assert.equal(inspectorWith().head(get('/?proofword%27=1')).score, 100)
  const names = { ...detector, names: true }
  assert.equal(inspectorWith({ detectors: [names] }).head(get('/?proofword=1')).score, 100)
})

void test('JSON in a parameter is judged leaf by leaf, under its path', () => {
  const { evidence } = query('{"a": [{"b": "proofword"}]}')
  assert.equal(evidence[0]!.name, 'q.a.0.b')
  assert.equal(query('{"a": "[\\"[\\\\\\"proofword\\\\\\"]\\"]"}').refused, true)
})

void test('what was clean under a name is not looked at again, and whatever a detector met is', () => {
  const inspector = inspectorWith()
  const looks = (headers: readonly string[]): number => {
    seen.length = 0
    inspector.head(get('/', headers))
    return seen.length
  }
  assert.equal(looks(['X-A', 'a@b']), 1)
  assert.equal(looks(['X-A', 'a@b']), 0)
  assert.equal(looks(['X-B', 'a@b']), 1)
  assert.equal(looks(['X-A', 'a@c']), 1)
  assert.equal(looks(['X-A', 'weakone']), 1)
  assert.equal(looks(['X-A', 'weakone']), 1)
  assert.equal(looks(['Cookie', 'a=b@c']), 1)
  assert.equal(looks(['Cookie', 'a=b@c']), 0)
  inspector.forget()
  assert.equal(looks(['X-A', 'a@b']), 1)
})

void test('what an exception lets pass on one route is not remembered as clean for others', () => {
  const inspector = inspectorWith({ exceptions: [{ class: 'sqli', at: '/free header:x-a', why: 'a test' }] })
  const headers = ['X-A', 'proofword']
  assert.equal(inspector.head(get('/free', headers)).refused, false)
  assert.equal(inspector.head(get('/free', headers)).refused, false)
  assert.equal(inspector.head(get('/other', headers)).refused, true)
})

void test('a flood of values does not make the guard forget those that come again and again', () => {
  const inspector = inspectorWith()
  const hot = ['User-Agent', 'browser@1']
  inspector.head(get('/', hot))
  let looks = 0
  for (let count = 0; count < 20_000; count++) {
    seen.length = 0
    inspector.head(get('/', ['User-Agent', `flood@${count}`, ...hot]))
    looks += seen.filter(({ text }) => text === 'browser@1').length
  }
  assert.equal(looks, 0)
})

void test('a long value is judged in pieces, and a match over their border is found', () => {
  for (const before of [VALUE_CHARS_MAX - 4, VALUE_CHARS_MAX * 2, 10 * VALUE_CHARS_MAX]) {
    assert.equal(post(`${'x '.repeat(before / 2)}proofword${' x'.repeat(1000)}`).refused, true, String(before))
  }
})

void test('random tokens and images are left alone, whatever they hold by accident', () => {
  seen.length = 0
  query('aZ3weakone9Qx7Bv2Lp0Kd8Rt5Yw1Mn4Jh6')
  query(`data:image/png;base64,${'iVBORw0KGgoweakoneAAAANSUhEUg'.repeat(20)}`)
  assert.deepEqual(seen, [])
  query(`data:image/svg+xml;base64,${'weakone'.repeat(20)}`)
  assert.ok(seen.length > 0)
})

void test('what is found in a whole request adds to its worst value', () => {
  const whole = {
    name: 'whole',
    head: (facts: { header(name: string): string | undefined }, report: (hit: never) => void) => {
      if (facts.header('x-odd') === undefined) return
      report({
        class: 'protocol',
        rule: 'test.whole',
        score: SCORE.strong,
        location: 'header',
        name: 'x-odd',
        excerpt: '',
      } as never)
    },
  }
  const inspector = inspectorWith({ requestDetectors: [whole] })
  assert.equal(inspector.head(get('/?q=strongone')).score, 60)
  assert.equal(inspector.head(get('/', ['X-Odd', '1'])).score, 60)
  assert.equal(inspector.head(get('/?q=strongone', ['X-Odd', '1'])).refused, true)
})

void test('a request full of attacks is refused with a few pieces of evidence, and not looked at to its end', () => {
  const inspector = inspectorWith()
  seen.length = 0
  const verdict = inspector.head(get(`/?${'a=proofword&'.repeat(1000)}`))
  assert.deepEqual([verdict.refused, verdict.score, verdict.evidence.length], [true, 100, 8])
  assert.equal(seen.length, 64)
})
