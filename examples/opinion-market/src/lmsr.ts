/**
 * Hanson's logarithmic market scoring rule: a maker that always quotes, whose loss is bounded by `liquidity × ln 2` credits.
 * Shares are whole numbers, amounts are whole micro-credits, and every rounding is in favour of the maker.
 */
import { CREDIT } from './money.ts'

export const OUTCOMES = ['yes', 'no'] as const
export type Outcome = (typeof OUTCOMES)[number]

export const SIDES = ['buy', 'sell'] as const
export type Side = (typeof SIDES)[number]

export interface Maker {
  /** How many shares move the price noticeably: the `b` of the rule, in shares. */
  readonly liquidity: number
  /** Shares of each outcome that are out. */
  readonly yes: number
  readonly no: number
}

/**
 * Doubles carry these costs to well under a thousandth of a micro-credit for every size the exchange accepts; this much is
 * added to the maker's side before rounding, so that an error in the last digits never costs it a micro-credit.
 */
const ROUNDING_GUARD = 0.001

/** The cost function in credits. Written around the larger side, so that the exponentials cannot overflow. */
export function costCredits({ liquidity, yes, no }: Maker): number {
  return Math.max(yes, no) + liquidity * Math.log1p(Math.exp(-Math.abs(yes - no) / liquidity))
}

/** The price of one outcome in credits, which is also its implied probability. */
export function price(maker: Maker, outcome: Outcome): number {
  const lead = outcome === 'yes' ? maker.yes - maker.no : maker.no - maker.yes
  return 1 / (1 + Math.exp(-lead / maker.liquidity))
}

/** The most the maker can lose, rounded up, in micro-credits: what the house puts into a new market. */
export function subsidyOf(liquidity: number): number {
  return Math.ceil(liquidity * Math.LN2 * CREDIT + ROUNDING_GUARD)
}

export interface Quote {
  /** What the trader pays for a buy or receives for a sale, in micro-credits; never negative. */
  readonly amount: number
  readonly after: Maker
}

/** What a trade would cost or bring. Selling more shares than are out is the caller's mistake. */
export function quote(maker: Maker, side: Side, outcome: Outcome, shares: number): Quote {
  const signed = side === 'buy' ? shares : -shares
  const after = { ...maker, [outcome]: maker[outcome] + signed }
  const difference = (costCredits(after) - costCredits(maker)) * CREDIT
  const amount =
    side === 'buy' ? Math.ceil(difference + ROUNDING_GUARD) : Math.max(0, Math.floor(-difference - ROUNDING_GUARD))
  return { amount, after }
}
