import type { ResolvedApp } from '../../config/resolved.ts'
import { Decimal } from '../decimal.ts'
import { configDuration } from '../figures.ts'
import { objectiveId, type Objective } from '../objective.ts'
import { objectivesOf } from '../objectives.ts'
import { HEADROOM } from './assumptions.ts'
import type { Facts } from './facts.ts'
import { change, type Answer, type Check, type WayOut } from './refusal.ts'
import { wayOuts } from './share.ts'

const SECOND_MS = Decimal.of(1_000)

/** Rates per second: what is promised, and what was measured, less the headroom, of one instance and of as many as there may be. */
interface Carried {
  readonly promised: Decimal
  readonly usable: Decimal
  readonly most: Decimal
  readonly arithmetic: string
}

/** Null: a service of files, or one that nobody has measured. */
export function carriedAtMost(
  { subject, count, perMs }: Extract<Objective, { kind: 'throughput' }>,
  { services }: Pick<ResolvedApp, 'services'>,
  { capacity: measurements }: Pick<Facts, 'capacity'>,
): Carried | null {
  const service = subject.kind === 'requests' ? services[subject.service] : undefined
  const measured = subject.kind === 'requests' ? measurements[subject.service] : undefined
  if (service === undefined || service.run.kind === 'static' || measured === undefined) return null
  const usable = Decimal.of(measured.perSecond).times(Decimal.of(HEADROOM).oneMinus())
  const most = usable.times(Decimal.of(service.scale.max))
  return {
    promised: Decimal.of(count).times(SECOND_MS).dividedBy(Decimal.of(perMs), 6, 'up'),
    usable,
    most,
    arithmetic: `${service.scale.max} instances × ${text(Decimal.of(measured.perSecond))} (measured ${measured.at.slice(0, 10)}) × (1 − ${HEADROOM} headroom) = ${text(most)}`,
  }
}

/** The promised rate against what as many instances as there may be have been seen to carry, less the headroom. */
export const capacity: Check = (app, facts) =>
  objectivesOf(app).flatMap((objective): readonly Answer[] => {
    const { subject } = objective
    if (objective.kind !== 'throughput' || subject.kind !== 'requests') return []
    const service = app.services[subject.service]
    if (service === undefined || service.run.kind === 'static') return []
    const carried = carriedAtMost(objective, app, facts)
    const about = { objective: objectiveId(objective), reason: 'capacity' }
    if (carried === null) {
      const lacks = `what an instance of ${subject.service} carries: seaworthy load --capacity --service ${subject.service}`
      return [{ kind: 'unknown', ...about, lacks } as const]
    }
    const { promised, usable, most, arithmetic } = carried
    if (!promised.isAbove(most)) return []
    const instances = promised.dividedBy(usable, 0, 'up').toNumber()
    return [
      {
        kind: 'refused',
        ...about,
        arithmetic: [arithmetic, `promised ${text(promised)} > ${text(most)}`],
        waysOut: wayOuts([
          {
            text: `have up to ${instances} instances: services.${subject.service}.scale.max: ${instances}`,
            changes: [change(['services', subject.service, 'scale', 'max'], instances)],
          },
          slower(objective, most),
        ]),
      },
    ]
  })

function slower({ promise, perMs }: Extract<Objective, { kind: 'throughput' }>, most: Decimal): WayOut | null {
  const count = Math.floor(most.times(Decimal.of(perMs)).dividedBy(SECOND_MS, 6, 'down').toNumber())
  if (count < 1) return null
  return {
    text: `promise throughput: '${count}/${configDuration(perMs)}' in ${promise}`,
    changes: [change(['promises', promise, 'throughput'], { count, perMs })],
  }
}

function text(perSecond: Decimal): string {
  return `${perSecond.rounded(3).toText()}/s`
}
