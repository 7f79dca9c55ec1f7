import type { ResolvedApp } from '../../config/resolved.ts'
import { objectiveId, type Objective } from '../objective.ts'
import { objectivesOf } from '../objectives.ts'
import { POOL_SIZE } from './assumptions.ts'
import type { Facts } from './facts.ts'
import { change, type Answer, type Change, type Check, type Refusal, type WayOut } from './refusal.ts'

interface User {
  readonly service: string
  readonly max: number
  readonly pool: number
  readonly isAssumed: boolean
}

/** Every instance at its most, and during a deploy those of two releases, each with its pool full. */
export const poolConnections: Check = (app, facts) =>
  Object.entries(app.needs)
    .filter(([, { kind }]) => kind === 'postgres')
    .flatMap(([need]): readonly Answer[] => {
      const users = usersOf(need, app, facts)
      const objective = objectivesOf(app).find(
        ({ subject }) => subject.kind === 'requests' && users.some(({ service }) => service === subject.service),
      )
      if (objective === undefined) return []
      const most = facts.connectionsMax[need]
      if (most === undefined) {
        const lacks = `max_connections of ${need}: known once the environment is up`
        return [{ kind: 'unknown', objective: objectiveId(objective), reason: 'pool-connections', lacks } as const]
      }
      const releases = releasesAtOnce(app)
      const sum = users.reduce((all, { max, pool }) => all + max * pool, 0) * releases
      return sum > most ? [refusal(need, objective, { users, releases, most, sum })] : []
    })

interface Sum {
  readonly users: readonly User[]
  readonly releases: number
  readonly most: number
  readonly sum: number
}

function refusal(need: string, objective: Objective, { users, releases, most, sum }: Sum): Refusal {
  const terms = users.map(
    ({ service, max, pool, isAssumed }) =>
      `${service} ${max} instances × ${pool} connections${isAssumed ? ' (assumed)' : ''}`,
  )
  const twice = releases === 1 ? '' : `, × ${releases} releases during a deploy`
  return {
    kind: 'refused',
    objective: objectiveId(objective),
    reason: 'pool-connections',
    arithmetic: [
      `${terms.join(' + ')}${twice} = ${sum}`,
      `${sum} > ${most}, the connections that ${need} takes from applications`,
    ],
    waysOut: [...smallerPools(users, most / releases), ...fewerInstances(users, most / releases), larger(need, sum)],
  }
}

/** The same pool everywhere. */
function smallerPools(users: readonly User[], most: number): readonly WayOut[] {
  const pool = Math.floor(most / users.reduce((all, { max }) => all + max, 0))
  if (pool < 1) return []
  const changes = users.map(({ service }): Change => ({ of: 'facts', path: ['poolSize', service], value: pool }))
  return [{ text: `let no instance open more than ${pool} connections`, changes }]
}

/** Of the service that opens the most. */
function fewerInstances(users: readonly User[], most: number): readonly WayOut[] {
  const [first, ...rest] = users.toSorted((one, other) => other.max * other.pool - one.max * one.pool)
  const left = most - rest.reduce((all, { max, pool }) => all + max * pool, 0)
  const max = Math.floor(left / first!.pool)
  if (max < 1) return []
  const { service } = first!
  return [
    {
      text: `have fewer instances: services.${service}.scale.max: ${max}`,
      changes: [change(['services', service, 'scale', 'max'], max)],
    },
  ]
}

function larger(need: string, sum: number): WayOut {
  return {
    text: `let ${need} take ${sum} connections (max_connections, or a pooler before it)`,
    changes: [{ of: 'facts', path: ['connectionsMax', need], value: sum }],
  }
}

function usersOf(need: string, { services }: ResolvedApp, { poolSize }: Facts): readonly User[] {
  return Object.entries(services)
    .filter(([, { uses }]) => Object.hasOwn(uses, need))
    .map(([service, { scale }]) => ({
      service,
      max: scale.max,
      pool: poolSize[service] ?? POOL_SIZE,
      isAssumed: poolSize[service] === undefined,
    }))
}

/** Only `recreate` ends the old instances before the new ones begin. */
function releasesAtOnce({ strategy }: ResolvedApp): number {
  return strategy === 'recreate' ? 1 : 2
}
