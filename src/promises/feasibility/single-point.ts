import type { ResolvedApp } from '../../config/resolved.ts'
import { budgetMs } from '../budget.ts'
import { Decimal, ONE } from '../decimal.ts'
import { budgetShare } from '../events.ts'
import { durationText } from '../figures.ts'
import { objectiveId } from '../objective.ts'
import { FAULTS_PER_MS, HOST_BACK_MS, HOST_LOSSES, INSTANCE_BACK_MS, INSTANCE_LOSSES } from './assumptions.ts'
import type { Facts } from './facts.ts'
import { change, type Check, type WayOut } from './refusal.ts'
import { lowered, reliabilityOf, wayOuts, type Reliability } from './share.ts'

/** What the losses of instances and of the one host cost in the promise's window, against its budget. */
export const singlePoint: Check = (app, facts) =>
  reliabilityOf(app).flatMap((objective) => {
    const service = app.services[objective.subject.service]
    if (service?.run.kind === 'static' || service === undefined) return []
    const { instances } = service
    const because = onOneHost(objective.subject.service, app, facts)
    const [byInstance, byHost] = [
      instanceLosses(objective, instances),
      because === null ? Decimal.of(0) : hostLosses(objective),
    ]
    const lost = byInstance.plus(byHost)
    const budget = budgetMs(objective)
    if (!lost.isAbove(budget)) return []
    const lines = [
      `instances: ${perWindow(INSTANCE_LOSSES, objective).toText()} losses (assumed) × ${text(INSTANCE_BACK_MS)} ÷ ${instances} = ${durationText(byInstance)}`,
      ...(because === null
        ? []
        : [
            `${because}: ${perWindow(HOST_LOSSES, objective).toText()} losses (assumed) × ${text(HOST_BACK_MS)} = ${durationText(byHost)}`,
          ]),
      `${durationText(lost)} > ${durationText(budget)}, the budget of ${budgetShare(objective).toPercent()} of ${durationText(Decimal.of(objective.overMs))}`,
    ]
    const most = lost.dividedBy(Decimal.of(objective.overMs), 12, 'up').oneMinus()
    return [
      {
        kind: 'refused',
        objective: objectiveId(objective),
        reason: 'single-point',
        arithmetic: lines,
        waysOut: wayOuts([moreInstances(objective, budget.minus(byHost)), lowered(objective, most)]),
      },
    ]
  })

/** Why one machine carries it all; null when more than one does. */
function onOneHost(service: string, { services, needs, target }: ResolvedApp, { hosts }: Facts): string | null {
  const file = Object.keys(services[service]!.uses).find((need) => needs[need]?.kind === 'sqlite')
  if (file !== undefined) return `one host, where the SQLite file of ${file} is`
  if (hosts !== null) return hosts === 1 ? 'one host' : null
  return target === 'process' ? `one host (target 'process')` : null
}

function instanceLosses(objective: Reliability, instances: number): Decimal {
  const all = perWindow(INSTANCE_LOSSES, objective).times(Decimal.of(INSTANCE_BACK_MS))
  return all.dividedBy(Decimal.of(instances), 3, 'up')
}

function hostLosses(objective: Reliability): Decimal {
  return perWindow(HOST_LOSSES, objective).times(Decimal.of(HOST_BACK_MS))
}

/** Of what happens so often in 30 d, how often in the objective's window. */
function perWindow(times: number, { overMs }: Reliability): Decimal {
  return Decimal.of(times).times(Decimal.of(overMs)).dividedBy(Decimal.of(FAULTS_PER_MS), 3, 'up')
}

function moreInstances(objective: Reliability, budget: Decimal): WayOut | null {
  if (!budget.isAbove(Decimal.of(0))) return null
  const { service } = objective.subject
  const instances = instanceLosses(objective, 1).dividedBy(budget, 0, 'up').toNumber()
  if (Decimal.of(instances).isAbove(INSTANCES_MAX)) return null
  return {
    text: `have ${instances} instances: services.${service}.scale.min: ${instances}`,
    changes: [
      change(['services', service, 'instances'], instances),
      change(['services', service, 'scale', 'min'], instances),
    ],
  }
}

const INSTANCES_MAX = ONE.times(Decimal.of(100))

function text(ms: number): string {
  return durationText(Decimal.of(ms))
}
