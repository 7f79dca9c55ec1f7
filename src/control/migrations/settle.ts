import { messageOf, type ProblemJson } from '../../core/problem.ts'
import type { MigrationRun } from '../../deploy/migration.ts'
import { LOCK_WITHIN_MS, type Database, type Schema } from './databases/database.ts'
import type { MigrationReport } from './job/report.ts'
import { changesBetween, fingerprintOf } from './schema-changes.ts'

/** How long one tries to reach the databases of a job that was killed. */
const SWEEP_WITHIN_MS = 60_000
const SWEEP_AGAIN_MS = 1_000

export interface Ended {
  readonly report: MigrationReport | null
  readonly databases: readonly Database[]
  /** How the job ended, in words, and what it had said. */
  readonly description: string
  readonly lastLines: readonly string[]
  readonly at: number
}

/**
 * What became of a run whose job is gone. A job that came to its end has said so; of one that was killed the databases tell:
 * who gets the lock knows that nothing of it is under way any more.
 */
export async function settleRun(run: MigrationRun, ended: Ended): Promise<MigrationRun> {
  const { report, databases, description, lastLines, at } = ended
  const base = { ...run, endedAt: at, lastLines }
  if (report?.step === 'ended') {
    const { rehearsal, before, after, problem } = report
    const changes = before && after ? changesBetween(before, after) : []
    const prints = { before: before && printOf(before), after: after && printOf(after) }
    if (problem === null) return { ...base, ...prints, rehearsal, changes, outcome: 'done' }
    return { ...base, ...prints, rehearsal, changes, outcome: 'failed', ...told(problem) }
  }
  const applying = report?.step === 'applying' ? report : null
  const swept = await sweep(databases, Date.now() + SWEEP_WITHIN_MS)
  const changes = applying && swept.schemas ? changesBetween(applying.before, swept.schemas) : []
  const isTouched = applying !== null && (changes.length > 0 || swept.schemas === null || databases.length === 0)
  const left = isTouched
    ? 'what it had done until then is there'
    : applying === null
      ? 'only copies were touched'
      : 'the schema is as it was'
  return {
    ...base,
    outcome: isTouched ? 'unknown' : 'failed',
    rehearsal: applying?.rehearsal ?? null,
    before: applying && printOf(applying.before),
    after: swept.schemas && applying && printOf(swept.schemas),
    changes,
    code: run.phase === 'expand' ? 'deploy.migration-failed' : 'migration.failed',
    message: `'${run.command.join(' ')}' was killed (${description}): ${left}${swept.lack === null ? '' : `; ${swept.lack}`}`,
    hint: 'Run the command again: files of an sql migration that were applied are not applied twice.',
  }
}

interface Swept {
  readonly schemas: readonly Schema[] | null
  readonly lack: string | null
}

/** After a reboot the databases may come up later than we do. */
async function sweep(databases: readonly Database[], until: number): Promise<Swept> {
  for (;;) {
    const swept = await sweepOnce(databases)
    if (swept.lack === null || Date.now() > until) return swept
    await new Promise((resolve) => setTimeout(resolve, SWEEP_AGAIN_MS))
  }
}

/** Waits until nothing of a killed job is under way, removes its copies, and looks at what there is. */
async function sweepOnce(databases: readonly Database[]): Promise<Swept> {
  try {
    await using locks = new AsyncDisposableStack()
    const schemas: Schema[] = []
    for (const database of databases) {
      locks.use(await database.lock(LOCK_WITHIN_MS))
      await database.removeCopy()
      schemas.push(await database.schema())
    }
    return { schemas, lack: null }
  } catch (error) {
    return { schemas: null, lack: `the databases could not be looked at: ${messageOf(error)}` }
  }
}

function printOf(schemas: readonly Schema[]): string | null {
  return schemas.length === 0 ? null : fingerprintOf(schemas)
}

function told({ code, message, hint }: ProblemJson): Pick<MigrationRun, 'code' | 'message' | 'hint'> {
  return { code, message, hint }
}
