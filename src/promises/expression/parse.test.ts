import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFrom, type Random } from '../../../test/seeded/random.ts'
import { Problem } from '../../core/problem.ts'
import { promql, type Expression, type Selector } from '../expression.ts'
import { kindOf } from './kind.ts'
import { parseExpression, parseSelector } from './parse.ts'

const EXPRESSIONS = 5_000

void test(`${EXPRESSIONS} seeded expressions: what is written is what is read`, () => {
  const random = randomFrom(7)
  for (let index = 0; index < EXPRESSIONS; index++) {
    const expression = drawVector(random, 4)
    assert.equal(kindOf(expression), 'vector')
    assert.deepEqual(parseExpression(promql(expression)), expression, promql(expression))
  }
})

void test('precedence and associativity are those of Prometheus', () => {
  const same = (one: string, other: string) => assert.deepEqual(parseExpression(one), parseExpression(other))
  same('a + b * c - d', '(a + (b * c)) - d')
  same('a / b > 0.1 and c > 5 or d', '(((a / b) > 0.1) and (c > 5)) or d')
  same('a or b unless c', 'a or (b unless c)')
  same('a > b > c', '(a > b) > c')
  same('sum(rate(m[5m])) by (a, b)', 'sum by (a,b) (rate(m[300s]))')
  same("m{a='x'}", 'm{a="x",}')
  same('m{a=`x\\d`} # a remark\n', 'm{a="x\\\\d"}')
  same('m[1h30m] > 1'.replace('m[1h30m]', 'rate(m[1h30m])'), 'rate(m[5400s]) > 1')
})

void test('numbers stay as they are written', () => {
  assert.deepEqual(parseExpression('m > -0.0010'), {
    kind: 'binary',
    op: '>',
    left: { kind: 'selector', metric: 'm', matchers: [] },
    right: { kind: 'number', digits: '-0.0010' },
    on: null,
  })
})

void test('what is not spoken is refused by its name, with the place', () => {
  for (const [text, message] of [
    ['sum without (a) (m)', /^column 5: 'without'.* is not spoken here$/],
    ['a / on (x) group_left b', /^column 12: 'group_left'/],
    ['a / ignoring (x) b', /^column 5: 'ignoring'/],
    ['a > bool 1', /^column 5: the modifier 'bool'/],
    ['a ^ 2', /^column 3: the operator '\^'/],
    ['a % 2', /^column 3: the operator '%'/],
    ['m @ 5', /^column 3: the modifier '@'/],
    ['irate(m[5m])', /^column 1: 'irate' is not among the calls/],
    ['quantile(0.9, m)', /^column 1: 'quantile'/],
    ['max_over_time(rate(m[5m])[1h:])', /^column 19: '\(' stands where a window/],
    ['m[5m]', /^column 2: subqueries are not spoken here/],
    ['{a="b"}', /^column 1: a metric needs its name/],
    ['-m', /^column 2: '-' stands before a number/],
    ['rate(m)', /^column 7: '\)' stands where a window, such as rate\(m\[5m\]\)/],
    ['m{a~"b"}', /^column 4: '~' is not expected here/],
    ['m{a=~"("}', /^column 6: the pattern is not one/],
    ['m{__name__="b"}', /^column 3: '__name__'/],
    ['sum(m', /^column 6: the expression ends where '\)' is expected/],
    ['a > 1 and\n  b >', /^line 2, column 6: the expression ends/],
    ['1 > 2', /^cannot evaluate '1 > 2'/],
    ['0x1f + m', /^column 1: '0x1f' is not spoken here/],
    ['rate(m[5])', /^column 8: '5' stands where a duration/],
    ['rate(m[0s])', /^cannot evaluate/],
    ['a b', /^column 3: 'b' stands where an operator, or the end/],
    ['', /^column 1: the expression ends/],
    [`${'('.repeat(200)}a`, /parentheses inside each other/],
    [`m{a=~"${'x'.repeat(1_001)}"}`, /at most 1000 characters/],
    ['x'.repeat(10_001), /10000 is the most/],
  ] as const) {
    assert.throws(
      () => parseExpression(text),
      (thrown: unknown) =>
        thrown instanceof Problem && thrown.code === 'promise.expression' && message.test(thrown.message),
      text,
    )
  }
})

void test('the place is shown under the line', () => {
  assert.throws(() => parseExpression('a > 1 and\n  bad(m)'), { details: ['  bad(m)', '  ^'] })
})

void test('a selector alone', () => {
  assert.equal(parseSelector('up{service="api"}').metric, 'up')
  assert.throws(() => parseSelector('up > 1'), { code: 'promise.expression' })
})

const LABELS = ['service', 'le', 'by_day', '_x']

function drawVector(random: Random, depth: number): Expression {
  if (depth === 0) return drawSelector(random)
  const of = () => drawVector(random, depth - 1)
  const names = () => LABELS.filter(() => random.chance(0.4))
  switch (random.below(6)) {
    case 0:
      return {
        kind: 'over',
        call: random.pick(['rate', 'increase', 'changes', 'avg_over_time', 'count_over_time'] as const),
        windowMs: 1 + random.below(90_000_000),
        of: drawSelector(random),
      }
    case 1:
      return {
        kind: 'aggregate',
        call: random.pick(['sum', 'min', 'max', 'avg', 'count'] as const),
        by: random.chance(0.3) ? null : names(),
        of: of(),
      }
    case 2:
      return { kind: 'quantile', digits: '0.99', of: of() }
    case 3:
      return { kind: 'absent', of: drawSelector(random) }
    case 4: {
      const op = random.pick(['and', 'or', 'unless', '+', '/', '>', '!='] as const)
      return { kind: 'binary', op, left: of(), right: of(), on: random.chance(0.5) ? null : names() }
    }
    default: {
      const op = random.pick(['+', '-', '*', '/', '>', '>=', '<', '<=', '==', '!='] as const)
      const sides = [of(), drawScalar(random, 2)] as const
      const [left, right] = random.chance(0.5) ? sides : ([sides[1], sides[0]] as const)
      return { kind: 'binary', op, left, right, on: null }
    }
  }
}

function drawScalar(random: Random, depth: number): Expression {
  if (depth === 0 || random.chance(0.5)) {
    return random.chance(0.2)
      ? { kind: 'time' }
      : { kind: 'number', digits: random.pick(['0.0010', '1', '-3', '1e9', '2.5']) }
  }
  const [left, right] = [drawScalar(random, depth - 1), drawScalar(random, depth - 1)]
  return { kind: 'binary', op: random.pick(['+', '-', '*', '/']), left, right, on: null }
}

function drawSelector(random: Random): Selector {
  const matchers = LABELS.filter(() => random.chance(0.3)).map((label) => ({
    label,
    op: random.pick(['=', '!=', '=~', '!~'] as const),
    value: random.pick(['', 'a', 'a"b', 'x\\\\d|é', '5..', "it's\ttab"]),
  }))
  const selector = { kind: 'selector', metric: random.pick(['up', 'a:b_total', '_m']), matchers } as const
  return random.chance(0.2) ? { ...selector, offsetMs: 1 + random.below(1_000_000_000) } : selector
}
