import { Problem } from '../../core/problem.ts'
import { contractBlockers, migrationId, type ContractBlocker } from '../../deploy/migration.ts'
import type { Release } from '../../deploy/release.ts'
import type { MigrationState, ServiceMigrations } from '../api/migrations-methods.ts'
import type { State } from '../state.ts'
import { releaseBefore } from '../way-back.ts'

const RUNS_SHOWN = 20

/** Where the live release's migrations stand, service by service. */
export function migrationState(state: State, level: number): MigrationState {
  const id = state.get('live')
  const live = id === null ? null : state.release(id)
  const names = Object.keys(live?.config.services ?? {})
  const services = live === null ? [] : names.map((service) => migrationsOf(state, live, service))
  return {
    live: id,
    level,
    services: services.filter(({ expand, contract }) => expand !== null || contract !== null),
    runs: state.migrationRuns.list(RUNS_SHOWN),
  }
}

function migrationsOf(state: State, live: Release, service: string): ServiceMigrations {
  const { expand, contract } = live.config.services[service]!.migrate
  const last = state.migrationRuns.last(service, 'contract', migrationId(live, service, 'contract'))
  return {
    service,
    expand: expand && { command: expand, last: state.migrationRuns.last(service, 'expand') },
    contract: contract && {
      command: contract,
      last,
      isDone: last?.outcome === 'done',
      blockers: blockersOf(state, live, service),
    },
  }
}

export function blockersOf(state: State, live: Release, service: string): readonly ContractBlocker[] {
  const warm = state.get('warm')
  return contractBlockers(
    {
      live,
      warm: warm === null ? null : state.release(warm),
      warmUntil: state.get('warmUntil'),
      candidate: releaseBefore(state),
      contracts: state.migrationRuns.contracts(),
    },
    service,
  )
}

/** @throws Problem `migration.too-early`, `migration.nothing`, `deploy.moved`, `deploy.unfinished` */
export function checkContract(
  state: State,
  options: { readonly release: Release; readonly service: string; readonly isRollingOut: boolean },
): readonly ContractBlocker[] {
  const { release, service, isRollingOut } = options
  const running = state.runningDeploy()
  if (running !== null || isRollingOut) {
    throw new Problem('deploy.unfinished', `${running?.id ?? 'a deploy'} has not come to its end`, {
      hint: 'A contract waits until a deploy has settled: see `seaworthy status`.',
    })
  }
  if (release.id !== state.get('live')) {
    throw new Problem('deploy.moved', `${release.id} is not live any more`, { hint: 'See `seaworthy migrate`.' })
  }
  if (!release.config.services[service]?.migrate.contract) {
    throw new Problem('migration.nothing', `${service} of ${release.id} declares no contract`, {
      hint: "Declare migrate: { contract: '…' } and deploy it first.",
    })
  }
  return blockersOf(state, release, service)
}

export function tooEarly(service: string, live: string, [blocker]: readonly ContractBlocker[]): Problem {
  const { release, because, warmUntil } = blocker!
  const until = warmUntil === null ? '' : ` until ${new Date(warmUntil).toISOString().slice(0, 19)}Z`
  const why = because === 'warm' ? `${release} is kept warm${until}` : `a rollback would go back to ${release}`
  return new Problem(
    'migration.too-early',
    `the contract of ${service} is too early: ${why}, and it was made for an earlier schema than ${live}`,
    {
      hint: `Deploy once more: a rollback then goes to a release of today's schema. Or \`seaworthy migrate --contract --give-up-rollback\`: older releases can then not come back.`,
    },
  )
}
