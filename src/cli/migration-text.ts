import type { MigrationState, ServiceMigrations } from '../control/api/migrations-methods.ts'
import type { ContractBlocker, MigrationRun } from '../deploy/migration.ts'
import { table } from './output.ts'

/** Where migrations stand, for reading. */
export function describeMigrations({ live, level, services, runs }: MigrationState): string {
  if (live === null) return 'nothing is live: run `seaworthy deploy`'
  const head = `${live} is live; ${level} expanding ${level === 1 ? 'migration has' : 'migrations have'} changed the schema`
  if (services.length === 0) return `${head}\nno service declares a migration`
  const rows = services.flatMap((one) => [...expandRow(one), ...contractRow(one)])
  const shown = runs.flatMap((run) => [
    `#${run.id}  ${run.service}  ${run.phase}  ${run.release}  ${describeEnd(run)}`,
    ...run.changes.map((change) => `    ${change}`),
  ])
  return [head, '', table(rows), ...(shown.length === 0 ? [] : ['', 'Runs', ...shown])].join('\n')
}

/** How a run went, with all that it changed. */
export function describeRun(run: MigrationRun): string {
  return [describeEnd(run), ...run.changes].join('; ')
}

/** How a run went: when, by whom, and whether it changed the schema. */
function describeEnd({
  outcome,
  begunAt,
  endedAt,
  by,
  changes,
  message,
  rehearsal,
  after,
  gaveUp,
}: MigrationRun): string {
  if (outcome === 'running') return `under way since ${when(begunAt)}, by ${by}`
  const unchanged = after === null ? 'what it changed is not known' : 'the schema stayed as it was'
  const words = [
    `${outcome} at ${when(endedAt ?? begunAt)}, by ${by}`,
    message,
    rehearsal === null || rehearsal.startsWith('no') ? rehearsal : `rehearsed ${rehearsal}`,
    changes.length > 0 ? null : unchanged,
    gaveUp.length === 0 ? null : `given up for it: ${gaveUp.join(', ')}`,
  ]
  return words.filter((text) => text !== null).join('; ')
}

function expandRow({ service, expand }: ServiceMigrations): string[][] {
  if (expand === null) return []
  const { command, last } = expand
  return [
    [service, 'expand', command.join(' '), last === null ? 'has not run' : `${last.release}: ${describeEnd(last)}`],
  ]
}

function contractRow({ service, contract }: ServiceMigrations): string[][] {
  if (contract === null) return []
  const { command, last, isDone, blockers } = contract
  return [[service, 'contract', command.join(' '), isDone ? describeEnd(last!) : describeWaiting(blockers)]]
}

function describeWaiting(blockers: readonly ContractBlocker[]): string {
  const [blocker] = blockers
  if (blocker === undefined) return 'waits for `seaworthy migrate --contract`'
  const { release, because, warmUntil } = blocker
  const until = warmUntil === null ? '' : ` until ${when(warmUntil)}`
  return `too early: ${release} (${because}${until}) was made for an earlier schema`
}

function when(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19)
}
