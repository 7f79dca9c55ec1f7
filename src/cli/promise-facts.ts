import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '../core/problem.ts'
import type { ResolvedApp } from '../config/resolved.ts'
import { NO_FACTS, type Facts } from '../promises/feasibility/facts.ts'
import { judge } from '../promises/feasibility/judge.ts'
import { infeasible } from '../promises/feasibility/refusal.ts'
import { refusalLines } from '../promises/objective.ts'

/** What has been measured in an environment and lies in its state folder. */
export function factsOf(stateFolder: string): Facts {
  return { ...NO_FACTS, capacity: readCapacity(stateFolder) }
}

/** @throws Problem `promise.infeasible` with the arithmetic of everything that cannot be kept */
export function mustBeFeasible(app: ResolvedApp, stateFolder: string): void {
  const { refusals } = judge(app, factsOf(stateFolder))
  if (refusals.length === 0) return
  const [what, it] = refusals.length === 1 ? ['a promise', 'it'] : [`${refusals.length} promises`, 'them']
  throw new Problem('promise.infeasible', `${what} of ${app.name} cannot be kept`, {
    hint: `Change ${it} in the config, or what ${it} ${it === 'it' ? 'stands' : 'stand'} on, by one of the lines that begin with 'or'.`,
    details: refusals.flatMap((refusal) => refusalLines(infeasible(refusal))),
  })
}

/** The lowest of a service's measurements: other requests cost other amounts. A file that somebody has spoilt says nothing. */
function readCapacity(stateFolder: string): Facts['capacity'] {
  const capacity: Record<string, Facts['capacity'][string]> = {}
  for (const entry of entriesOf(stateFolder)) {
    const { service, at, outcome } = entry as {
      service?: unknown
      at?: unknown
      outcome?: { kind?: unknown; perSecond?: unknown }
    }
    const perSecond = outcome?.kind === 'found' || outcome?.kind === 'unlimited' ? outcome.perSecond : null
    if (typeof service !== 'string' || typeof at !== 'string' || typeof perSecond !== 'number' || !(perSecond > 0))
      continue
    if (perSecond < (capacity[service]?.perSecond ?? Infinity)) capacity[service] = { perSecond, at }
  }
  return capacity
}

function entriesOf(stateFolder: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(stateFolder, 'capacity.json'), 'utf8'))
    return typeof parsed === 'object' && parsed !== null
      ? Object.values(parsed).filter((entry) => typeof entry === 'object' && entry !== null)
      : []
  } catch {
    return []
  }
}
