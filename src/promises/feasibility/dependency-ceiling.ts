import type { ResolvedApp } from '../../config/resolved.ts'
import type { ResolvedPromise } from '../../config/resolved-promises.ts'
import { Decimal, ONE } from '../decimal.ts'
import { budgetShare } from '../events.ts'
import { configRatio } from '../figures.ts'
import { objectiveId } from '../objective.ts'
import { NEED_AVAILABILITY, OWN_AVAILABILITY } from './assumptions.ts'
import { change, type Check, type WayOut } from './refusal.ts'
import { lowered, reliabilityOf, wayOuts } from './share.ts'

interface Factor {
  readonly need: string
  readonly availability: Decimal
  /** The promise that says so; null: assumed by kind. */
  readonly promise: string | null
}

/** What a service requires multiplies: availability ≤ own × ∏ of its required needs, which fail independently. */
export const dependencyCeiling: Check = (app) =>
  reliabilityOf(app).flatMap((objective) => {
    const { service } = objective.subject
    const factors = requiredBy(service, app)
    const own = Decimal.of(OWN_AVAILABILITY)
    const ceiling = product([own, ...factors.map(({ availability }) => availability)])
    const promised = budgetShare(objective).oneMinus()
    if (factors.length === 0 || !promised.isAbove(ceiling)) return []
    const parts = factors.map(
      ({ need, availability, promise }) =>
        `${need} ${availability.toPercent()} (${promise === null ? `${app.needs[need]!.kind}, assumed` : `promises.${promise}`})`,
    )
    const others = (left: Factor): Decimal =>
      product([own, ...factors.filter((each) => each !== left).map(({ availability }) => availability)])
    const optional = factors.map((factor): WayOut | null =>
      promised.isAbove(others(factor))
        ? null
        : {
            text: `make ${factor.need} optional: services.${service}.uses.${factor.need}: 'optional'`,
            changes: [change(['services', service, 'uses', factor.need], 'optional')],
          },
    )
    const better = factors.map((factor) => betterNeed(factor, promised.dividedBy(others(factor), 6, 'up')))
    return [
      {
        kind: 'refused',
        objective: objectiveId(objective),
        reason: 'dependency-ceiling',
        arithmetic: [
          `${service} itself ${own.toPercent()} (assumed) × ${parts.join(' × ')} = ${ceiling.toPercent()}`,
          `promised ${promised.toPercent()} > ${ceiling.toPercent()}`,
        ],
        waysOut: wayOuts([...optional, lowered(objective, ceiling), ...better]),
      },
    ]
  })

function requiredBy(service: string, { services, needs, promises = {} }: ResolvedApp): readonly Factor[] {
  const uses = Object.entries(services[service]?.uses ?? {})
  return uses
    .filter(([, how]) => how === 'required')
    .map(([need]) => {
      const said = Object.entries(promises).find(
        ([, { on, availability }]) => on.kind === 'need' && on.need === need && availability !== null,
      )
      const assumed = NEED_AVAILABILITY[needs[need]!.kind]
      return { need, availability: Decimal.of(said?.[1].availability ?? assumed), promise: said?.[0] ?? null }
    })
}

function betterNeed({ need, promise }: Factor, wanted: Decimal): WayOut | null {
  if (wanted.isAbove(ONE)) return null
  const availability = wanted.toNumber()
  const made: ResolvedPromise = { ...NOTHING, on: { kind: 'need', need }, availability }
  return {
    text: `have a ${need} that is up '${configRatio(wanted)}' of the time, and promise that of it`,
    changes: [
      promise === null
        ? change(['promises', `up-${need}`], made)
        : change(['promises', promise, 'availability'], availability),
    ],
  }
}

function product(factors: readonly Decimal[]): Decimal {
  return factors.reduce((one, other) => one.times(other), ONE)
}

const NOTHING: Omit<ResolvedPromise, 'on'> = {
  overMs: 30 * 86_400_000,
  availability: null,
  latencyMs: { p50: null, p95: null, p99: null },
  errors: null,
  throughput: null,
  freshnessMs: null,
  without: {},
  rpoMs: null,
  rtoMs: null,
  keepMs: null,
  detectMs: null,
  rollbackMs: null,
  deployFailed: null,
}
