/** How a quotient that does not end becomes one that does. */
export type Rounding = 'down' | 'up' | 'half-up'

/** More digits than any promise has; a text beyond them is a mistake, and its powers of ten would take for ever. */
const DIGITS_MAX = 60

/**
 * A decimal number, exact: `1 − 0.999` is 0.001. In doubles it is 0.0010000000000000009, and a rule that says so is read by
 * people. Immutable; every operation but `dividedBy` and `rounded` is exact.
 */
export class Decimal {
  /** The value is units / 10^scale, without trailing zeros behind the point. */
  readonly #units: bigint
  readonly #scale: number

  private constructor(units: bigint, scale: number) {
    let [kept, digits] = [units, scale]
    while (digits > 0 && kept % 10n === 0n) {
      kept /= 10n
      digits -= 1
    }
    this.#units = kept
    this.#scale = digits
  }

  /**
   * Of '0.999', of 3 or 1n. A number becomes the digits it prints as, which are those that somebody wrote: '99.9%' was
   * parsed to 0.999.
   * @throws RangeError for what is no decimal number
   */
  static of(value: string | number | bigint): Decimal {
    const [, sign = '', whole = '', fraction = '', exponent = '0'] =
      /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(String(value)) ?? []
    const scale = fraction.length - Number(exponent)
    if (whole === '' || whole.length + fraction.length > DIGITS_MAX || Math.abs(scale) > DIGITS_MAX)
      throw new RangeError(`no decimal number: ${String(value).slice(0, 80)}`)
    const units = BigInt(sign + whole + fraction)
    return scale >= 0 ? new Decimal(units, scale) : new Decimal(units * 10n ** BigInt(-scale), 0)
  }

  plus(other: Decimal): Decimal {
    const scale = Math.max(this.#scale, other.#scale)
    return new Decimal(this.#at(scale) + other.#at(scale), scale)
  }

  minus(other: Decimal): Decimal {
    const scale = Math.max(this.#scale, other.#scale)
    return new Decimal(this.#at(scale) - other.#at(scale), scale)
  }

  times(other: Decimal): Decimal {
    return new Decimal(this.#units * other.#units, this.#scale + other.#scale)
  }

  /** To `digits` behind the point. @throws RangeError for a division by zero */
  dividedBy(other: Decimal, digits: number, rounding: Rounding = 'half-up'): Decimal {
    const scale = Math.max(this.#scale, other.#scale)
    return new Decimal(quotient(this.#at(scale) * 10n ** BigInt(digits), other.#at(scale), rounding), digits)
  }

  /** To `digits` behind the point, 'down' towards zero. */
  rounded(digits: number, rounding: Rounding = 'half-up'): Decimal {
    return this.dividedBy(ONE, digits, rounding)
  }

  /** What is left of the whole: a budget is 1 − target. */
  oneMinus(): Decimal {
    return ONE.minus(this)
  }

  isAbove(other: Decimal): boolean {
    const scale = Math.max(this.#scale, other.#scale)
    return this.#at(scale) > other.#at(scale)
  }

  /** '0.001': no exponent, no zeros behind. */
  toText(): string {
    const digits = String(this.#units < 0n ? -this.#units : this.#units).padStart(this.#scale + 1, '0')
    const point = digits.length - this.#scale
    const text = this.#scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`
    return this.#units < 0n ? `-${text}` : text
  }

  /** '99.9 %' of 0.999, all its digits. */
  toPercent(): string {
    return `${this.times(HUNDRED).toText()} %`
  }

  toNumber(): number {
    return Number(this.toText())
  }

  #at(scale: number): bigint {
    return this.#units * 10n ** BigInt(scale - this.#scale)
  }
}

export const ONE = Decimal.of(1)
const HUNDRED = Decimal.of(100)

function quotient(dividend: bigint, divisor: bigint, rounding: Rounding): bigint {
  if (divisor === 0n) throw new RangeError('a division by zero')
  const negative = dividend < 0n !== divisor < 0n
  const [above, below] = [dividend < 0n ? -dividend : dividend, divisor < 0n ? -divisor : divisor]
  const rest = above % below
  const further = rounding === 'up' ? rest > 0n : rounding === 'half-up' && rest * 2n >= below
  const magnitude = above / below + (further ? 1n : 0n)
  return negative ? -magnitude : magnitude
}
