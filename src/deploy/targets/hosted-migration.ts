import { Problem } from '../../core/problem.ts'
import type { Errand, ErrandEnd, MigrationFile } from '../errand.ts'
import { migrationId, type MigrationPhase, type MigrationRun } from '../migration.ts'
import type { Release } from '../release.ts'

/** How long one call waits for the end of a run before it is asked what it wants done. */
const FOLLOW_MS = 500

export interface MigrationOrderOf {
  readonly release: string
  readonly service: string
  readonly phase: MigrationPhase
  readonly env: Readonly<Record<string, string>>
  readonly giveUpRollback: boolean
  readonly files: readonly MigrationFile[]
}

/** What is asked of control, under a deploy's lease. */
export interface MigrationPort {
  /** Expands that are done. */
  done(): Promise<readonly string[]>
  /** Begins a run, or finds the same one under way. */
  begin(order: MigrationOrderOf): Promise<MigrationRun>
  follow(run: number, waitMs: number): Promise<MigrationRun>
  /** Ends what a release still rehearses. False: something is being applied. */
  cancel(release: string): Promise<boolean>
  /** Those under way. */
  running(): Promise<readonly MigrationRun[]>
  errand(run: number): Promise<Errand | null>
  endErrand(run: number, errand: number, end: ErrandEnd): Promise<void>
}

export interface HostedMigrationInput {
  readonly port: MigrationPort
  readonly release: Release
  readonly service: string
  readonly phase: MigrationPhase
  readonly giveUpRollback: boolean
  /** Values of the service's secrets. */
  readonly secrets: Readonly<Record<string, string>>
  /** Of an `sql` migration; asked only where it is one. */
  readonly filesOf: () => Promise<readonly MigrationFile[]>
  readonly perform: (run: number, errand: Errand) => Promise<ErrandEnd>
}

/**
 * Runs a migration whose record, lock and rehearsal are control's and whose steps are containers. Asked again after a crash it
 * joins the run that is under way, and the step that is there.
 * @throws Problem `deploy.migration-failed` `migration.failed` with its last lines, and all that `begin` refuses
 */
export async function runHostedMigration(input: HostedMigrationInput): Promise<MigrationRun> {
  const { port, release, service, phase, giveUpRollback, secrets, filesOf, perform } = input
  const { env: own, migrate } = release.config.services[service]!
  const files = migrate[phase]?.[0] === 'sql' ? await filesOf() : []
  const env = { NODE_ENV: 'production', ...own, RELEASE: release.id, ...secrets }
  let run = await port.begin({ release: release.id, service, phase, env, giveUpRollback, files })
  while (run.outcome === 'running') {
    const errand = await port.errand(run.id)
    if (errand !== null) await port.endErrand(run.id, errand.id, await performed(perform, run.id, errand))
    run = await port.follow(run.id, errand === null ? FOLLOW_MS : 0)
  }
  if (run.outcome === 'done') return run
  throw new Problem(run.code ?? 'migration.failed', run.message ?? `the ${run.phase} of ${service} failed`, {
    ...(run.hint === null ? {} : { hint: run.hint }),
    details: [...run.changes, ...run.lastLines.map((line) => `| ${line}`)],
  })
}

/** Whether an expand has been done for these files and variables already. */
export async function isMigrated(port: MigrationPort, release: Release, service: string): Promise<boolean> {
  return (await port.done()).includes(migrationId(release, service))
}

/**
 * Ends what a release still rehearses, and sees through what is being applied: it is done or not done, and never half.
 */
export async function settleHostedMigrations(
  port: MigrationPort,
  release: Release,
  perform: (service: string, run: number, errand: Errand) => Promise<ErrandEnd>,
): Promise<void> {
  while (!(await port.cancel(release.id))) {
    for (const run of await port.running()) {
      const errand = run.release === release.id ? await port.errand(run.id) : null
      if (errand === null) continue
      const end = await performed((number, wanted) => perform(run.service, number, wanted), run.id, errand)
      await port.endErrand(run.id, errand.id, end)
    }
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS))
  }
}

/** What cannot even be begun ends the run: it would wait for hours otherwise. */
async function performed(perform: HostedMigrationInput['perform'], run: number, errand: Errand): Promise<ErrandEnd> {
  try {
    return await perform(run, errand)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { because: `could not be run: ${error.message}`, lastLines: error.details.slice(-30) }
  }
}
