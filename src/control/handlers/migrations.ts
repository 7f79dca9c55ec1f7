import { Problem } from '../../core/problem.ts'
import { acrossContract, contractSince, migrationId, type MigrationRun } from '../../deploy/migration.ts'
import type { Plan } from '../../deploy/plan.ts'
import type { Release } from '../../deploy/release.ts'
import type { MigrationMethods } from '../api/migrations-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'
import { checkContract, migrationState, tooEarly } from '../migrations/contracts.ts'
import type { State } from '../state.ts'
import { fencedBy, releaseOf } from './tools.ts'

type Begin = MigrationMethods['migration.begin']['input']

export function makeMigrationHandlers(control: Control): Pick<Handlers, keyof MigrationMethods> {
  const { state, leases, migrations } = control
  const fenced = fencedBy(leases)
  return {
    'migration.list': () => ({
      migrations: state.get('migrations'),
      level: migrations.level(),
      contracts: state.migrationRuns.contracts(),
    }),
    'migration.state': () => migrationState(state, migrations.level()),
    'migration.outlook': async ({ release, services }) => {
      for (const service of services) mustHold(release, service)
      const outlook = services.map(async (service) => [service, await migrations.outlook(release, service)] as const)
      return { outlook: Object.fromEntries(await Promise.all(outlook)) }
    },
    'migration.begin': fenced(async (input) => ({ run: await begin(control, input) })),
    'migration.follow': async ({ id, waitMs }) => ({ run: await migrations.follow(id, Math.min(waitMs, 30_000)) }),
    'migration.cancel': fenced(async ({ release }) => ({ idle: await migrations.cancel(release) })),
  }
}

/** A plan speaks of services and needs that its own release has; a release that comes from elsewhere may be torn. */
function mustHold({ config }: Release, service: string): void {
  const uses = Object.hasOwn(config.services, service) ? Object.keys(config.services[service]!.uses) : null
  const unknown = uses === null ? `service ${service}` : uses.find((need) => !Object.hasOwn(config.needs, need))
  if (unknown !== undefined) throw new Problem('api.wrong-input', `the release has no ${unknown}`)
}

async function begin(control: Control, input: Begin): Promise<MigrationRun> {
  const { state, migrations, rollouts } = control
  const { service, phase, by, token, env, giveUpRollback, files = [] } = input
  const release = releaseOf(state, input.release)
  const request = { release, service, phase, by, token, env, files }
  const isUnderWay = state.migrationRuns.running().length > 0
  const last = state.migrationRuns.last(service, phase, migrationId(release, service, phase))
  // A contract that is under way, or was just run for this caller, is not judged a second time.
  if (phase === 'expand' || isUnderWay || last?.token === token) return migrations.begin({ ...request, gaveUp: [] })
  const blockers = checkContract(state, { release, service, isRollingOut: rollouts.isRunning() })
  if (blockers.length > 0 && !giveUpRollback) throw tooEarly(service, release.id, blockers)
  const gaveUp = blockers.map((blocker) => blocker.release)
  for (const id of gaveUp) {
    state.atomically(() => {
      if (id === state.get('warm')) {
        state.set('warm', null)
        state.set('warmUntil', null)
      }
      state.addEvent(control.clock.now(), 'rollback-given-up', `${id} was given up for a contract, by ${by}`)
    })
    // A warm release takes no requests, but its workers would meet the new schema.
    await control.services.stop(id, null)
  }
  return migrations.begin({ ...request, gaveUp })
}

/** The last word on a rollback, whoever asks. @throws Problem `rollback.across-contract` */
export function refuseAcrossContract(state: State, { kind, release }: Plan): void {
  if (kind !== 'rollback') return
  const contract = contractSince(state.release(release.id) ?? release, state.migrationRuns.contracts())
  if (contract !== null) throw acrossContract(release.id, contract)
}
