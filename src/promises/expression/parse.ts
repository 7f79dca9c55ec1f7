import { compileMatchers, type Matcher } from '../../core/series/labels.ts'
import type { Expression, OverTime, Selector } from '../expression.ts'
import { Cursor, OTHERWISE_READ } from './cursor.ts'
import { kindOf } from './kind.ts'
import { refusal, type Token } from './lexer.ts'

/**
 * The expression that a PromQL text stands for; `promql` writes the text of it again.
 * @throws Problem `promise.expression` with the place, for what is no PromQL and for what Seaworthy does not speak of it
 */
export function parseExpression(text: string): Expression {
  const parser = new Parser(text)
  const expression = parser.whole()
  // What Prometheus would refuse for its types.
  kindOf(expression)
  return expression
}

/** A selector alone, such as `up{service="api"}`: what raw samples are asked by. */
export function parseSelector(text: string): Selector {
  const expression = parseExpression(text)
  if (expression.kind === 'selector') return expression
  throw refusal(text, 0, 'only a metric with its labels can be asked for here')
}

/** Brackets within brackets; a person needs five. */
const DEPTH_MAX = 100

type Operator = (Expression & { kind: 'binary' })['op']
type Aggregation = (Expression & { kind: 'aggregate' })['call']

/** Loosest first, as in Prometheus. */
const LEVELS: readonly (readonly Operator[])[] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '<=', '<', '>=', '>'],
  ['+', '-'],
  ['*', '/'],
]
const AGGREGATIONS: ReadonlySet<string> = new Set(['sum', 'min', 'max', 'avg', 'count'] satisfies Aggregation[])
const OVER_TIME: ReadonlySet<string> = new Set([
  'rate',
  'increase',
  'changes',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'sum_over_time',
  'count_over_time',
] satisfies string[])

class Parser {
  readonly #at: Cursor
  #depth = 0

  constructor(text: string) {
    this.#at = new Cursor(text)
  }

  whole(): Expression {
    const expression = this.#binary(0)
    if (!this.#at.is('end')) throw this.#at.unexpected('an operator, or the end')
    return expression
  }

  #binary(level: number): Expression {
    const operators = LEVELS[level]
    if (operators === undefined) return this.#operand()
    let left = this.#binary(level + 1)
    for (;;) {
      const op = operators.find((operator) => this.#at.is('sign', operator) || this.#at.is('name', operator))
      if (op === undefined) return left
      this.#at.advance()
      if (this.#at.is('name', 'bool')) throw this.#at.notSpoken()
      const on = this.#at.take('name', 'on') ? this.#names() : null
      if (this.#at.is('name', 'group_left') || this.#at.is('name', 'group_right') || this.#at.is('name', 'ignoring'))
        throw this.#at.notSpoken()
      left = { kind: 'binary', op, left, right: this.#binary(level + 1), on }
    }
  }

  #operand(): Expression {
    if (++this.#depth > DEPTH_MAX) throw this.#at.refused(`more than ${DEPTH_MAX} parentheses inside each other`)
    const operand = this.#unsuffixed()
    this.#depth -= 1
    if (this.#at.is('sign', '['))
      throw this.#at.refused('subqueries are not spoken here: only a metric has a window, inside of a call')
    if (this.#at.is('name', 'offset')) throw this.#at.refused("'offset' stands behind a metric or its window")
    return operand
  }

  #unsuffixed(): Expression {
    const sign = this.#at.is('sign', '-') || this.#at.is('sign', '+') ? this.#at.advance().text : ''
    if (this.#at.is('number')) return { kind: 'number', digits: this.#digits(sign) }
    if (sign !== '') throw this.#at.refused(`'${sign}' stands before a number, or between two operands`)
    if (this.#at.take('sign', '(')) {
      const inner = this.#binary(0)
      this.#at.expect('sign', ')')
      return inner
    }
    if (this.#at.is('sign', '{')) throw this.#at.refused('a metric needs its name')
    if (!this.#at.is('name')) throw this.#at.unexpected('a metric, a call or a number')
    const name = this.#at.advance()
    if (AGGREGATIONS.has(name.text) && (this.#at.is('sign', '(') || this.#at.is('name')))
      return this.#aggregate(name.text as Aggregation)
    return this.#at.is('sign', '(') ? this.#call(name) : this.#offset(this.#selector(name))
  }

  #digits(sign: string): string {
    const { text, at } = this.#at.advance()
    if (!/^[\d.]+(?:e[+-]?\d+)?$/i.test(text))
      throw this.#at.refusedAt(at, `'${text}' is not spoken here: write a decimal number`)
    return sign === '-' ? `-${text}` : text
  }

  #aggregate(call: Aggregation): Expression {
    if (this.#at.is('name', 'without')) throw this.#at.notSpoken()
    const before = this.#at.take('name', 'by') ? this.#names() : null
    this.#at.expect('sign', '(')
    const of = this.#binary(0)
    this.#at.expect('sign', ')')
    if (this.#at.is('name', 'without')) throw this.#at.notSpoken()
    const by = before === null && this.#at.take('name', 'by') ? this.#names() : before
    return { kind: 'aggregate', call, of, by }
  }

  #call(name: Token): Expression {
    this.#at.expect('sign', '(')
    const made = this.#called(name)
    this.#at.expect('sign', ')')
    return made
  }

  #called(name: Token): Expression {
    if (OVER_TIME.has(name.text)) return this.#over(name.text as OverTime)
    switch (name.text) {
      case 'time':
        return { kind: 'time' }
      case 'absent':
        return { kind: 'absent', of: this.#offset(this.#selector(this.#at.expect('name'))) }
      case 'histogram_quantile': {
        if (!this.#at.is('number')) throw this.#at.unexpected('a number, the share')
        const digits = this.#digits('')
        this.#at.expect('sign', ',')
        return { kind: 'quantile', digits, of: this.#binary(0) }
      }
      default:
        throw this.#at.refusedAt(name.at, `'${name.text}' is not among the calls that are spoken here`)
    }
  }

  #over(call: OverTime): Expression {
    const selector = this.#selector(this.#at.expect('name'))
    if (!this.#at.is('sign', '[')) throw this.#at.unexpected(`a window, such as ${call}(${selector.metric}[5m])`)
    this.#at.advance()
    const windowMs = this.#duration()
    if (this.#at.is('sign', ':')) throw this.#at.refused('subqueries are not spoken here')
    this.#at.expect('sign', ']')
    return { kind: 'over', call, of: this.#offset(selector), windowMs }
  }

  #selector(name: Token): Selector {
    if (KEYWORDS.has(name.text)) throw this.#at.refusedAt(name.at, `'${name.text}' is not a metric`)
    const matchers: Matcher[] = []
    if (this.#at.take('sign', '{')) {
      while (!this.#at.is('sign', '}')) {
        matchers.push(this.#matcher())
        if (!this.#at.take('sign', ',')) break
      }
      this.#at.expect('sign', '}')
    }
    return { kind: 'selector', metric: name.text, matchers }
  }

  #matcher(): Matcher {
    const { text: label, at } = this.#at.expect('name')
    if (label === '__name__' || label.includes(':'))
      throw this.#at.refusedAt(at, `'${label}' is not the name of a label`)
    const op = MATCHES.find((sign) => this.#at.take('sign', sign))
    if (op === undefined) throw this.#at.unexpected('=, !=, =~ or !~')
    const { text: value, at: valueAt } = this.#at.expect('text')
    if (op === '=~' || op === '!~') this.#checkPattern(value, valueAt)
    return { label, op, value }
  }

  #checkPattern(pattern: string, at: number): void {
    if (pattern.length > PATTERN_LENGTH_MAX)
      throw this.#at.refusedAt(at, `a pattern has at most ${PATTERN_LENGTH_MAX} characters`)
    try {
      compileMatchers([{ label: '', op: '=~', value: pattern }])
    } catch {
      throw this.#at.refusedAt(at, 'the pattern is not one')
    }
  }

  #offset(selector: Selector): Selector {
    if (this.#at.is('sign', '@')) throw this.#at.notSpoken()
    if (!this.#at.take('name', 'offset')) return selector
    const offsetMs = this.#duration()
    return offsetMs === 0 ? selector : { ...selector, offsetMs }
  }

  #names(): readonly string[] {
    const names: string[] = []
    this.#at.expect('sign', '(')
    while (!this.#at.is('sign', ')')) {
      names.push(this.#at.expect('name').text)
      if (!this.#at.take('sign', ',')) break
    }
    this.#at.expect('sign', ')')
    return names
  }

  #duration(): number {
    const { text } = this.#at.is('number', '0') ? this.#at.advance() : this.#at.expect('duration')
    let ms = 0
    for (const [, count, unit] of text.matchAll(/(\d+)([a-z]+)/g)) ms += Number(count) * UNITS_MS[unit!]!
    return ms
  }
}

const MATCHES = ['=', '!=', '=~', '!~'] as const
/** A pattern is run on every series of a metric. */
const PATTERN_LENGTH_MAX = 1_000
const KEYWORDS: ReadonlySet<string> = new Set([...OTHERWISE_READ, 'on', 'offset', 'and', 'or', 'unless'])
const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
}
