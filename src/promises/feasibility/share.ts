import type { ResolvedApp } from '../../config/resolved.ts'
import { Decimal } from '../decimal.ts'
import { budgetedOf, type Budgeted } from '../events.ts'
import { configRatio } from '../figures.ts'
import { shareChange, type WayOut } from './refusal.ts'

/** Availability or errors of requests: what is lost when something behind a service is. */
export type Reliability = Extract<Budgeted, { readonly kind: 'availability' | 'errors' }> & {
  readonly subject: { readonly kind: 'requests' }
}

const DIGITS = 6

/** Those that are measured over some time: over none there is nothing to lose. */
export function reliabilityOf(app: Pick<ResolvedApp, 'promises'>): readonly Reliability[] {
  return budgetedOf(app).filter(
    (each): each is Reliability => each.kind !== 'latency' && each.subject.kind === 'requests' && each.overMs > 0,
  )
}

/** The promise lowered to the highest share of good requests that `most` allows, written as the config has it. */
export function lowered({ kind, promise }: Reliability, most: Decimal): WayOut | null {
  const good = most.rounded(DIGITS, 'down')
  if (!good.isAbove(Decimal.of(0))) return null
  const share = kind === 'errors' ? good.oneMinus() : good
  return {
    text: `promise ${kind}: '${configRatio(share)}' in ${promise}`,
    changes: [shareChange(['promises', promise, kind], share)],
  }
}

/** '99.9 % over 30 d' and the like, for arithmetic. */
export function wayOuts(ways: readonly (WayOut | null)[]): readonly WayOut[] {
  return ways.filter((way) => way !== null)
}
