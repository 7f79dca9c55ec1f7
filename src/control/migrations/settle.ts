import { messageOf } from '../../core/problem.ts'
import type { MigrationRun } from '../../deploy/migration.ts'
import { LOCK_WITHIN_MS, type Database, type Schema } from './databases/database.ts'
import type { MigrationReport } from './job/report.ts'
import { changesBetween, fingerprintOf } from './schema-changes.ts'

/** How long one tries to reach the databases of a job that was killed, or that they went down with. */
const LOOK_WITHIN_MS = 60_000
const LOOK_AGAIN_MS = 1_000

export interface Ended {
  readonly report: MigrationReport | null
  readonly databases: readonly Database[]
  /** How the job ended, in words, and what it had said. */
  readonly description: string
  readonly lastLines: readonly string[]
  readonly at: number
  /** @default LOOK_WITHIN_MS */
  readonly lookWithinMs?: number
}

/**
 * What became of a run whose job is gone. A job that came to its end has said so; of one that was killed, or that could not
 * look at the databases any more, the databases tell: who gets the lock knows that nothing of it is under way any more.
 */
export async function settleRun(run: MigrationRun, ended: Ended): Promise<MigrationRun> {
  const { report, databases, description, lastLines, at, lookWithinMs = LOOK_WITHIN_MS } = ended
  const base = { ...run, endedAt: at, lastLines }
  if (report?.step === 'ended') return { ...base, ...(await settleEnded(report, ended)) }
  const applying = report?.step === 'applying' ? report : null
  const swept = await sweep(databases, performance.now() + lookWithinMs)
  const changes = applying && changesSince(applying.before, swept.schemas)
  const isTouched = applying !== null && changes?.length !== 0
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
    changes: changes ?? [],
    code: run.phase === 'expand' ? 'deploy.migration-failed' : 'migration.failed',
    message: `'${run.command.join(' ')}' was killed (${description}): ${left}${swept.lack === null ? '' : `; ${swept.lack}`}`,
    hint: 'Run the command again: files of an sql migration that were applied are not applied twice.',
  }
}

type EndedReport = Extract<MigrationReport, { step: 'ended' }>
type Settled = Partial<MigrationRun> & Pick<MigrationRun, 'outcome' | 'changes'>

async function settleEnded(report: EndedReport, { databases, lookWithinMs = LOOK_WITHIN_MS }: Ended): Promise<Settled> {
  const { rehearsal, isBegun, before, problem } = report
  const isLost = before !== null && report.after === null
  const { schemas: after, lack } = isLost
    ? await sweep(databases, performance.now() + lookWithinMs)
    : { schemas: report.after, lack: null }
  const known = before && changesSince(before, after)
  const settled = {
    rehearsal,
    before: before && printOf(before),
    after: after && printOf(after),
    changes: known ?? [],
  }
  if (problem === null) return { ...settled, outcome: 'done' }
  const { code, message } = problem
  // Its own hint is that of a run which could see what it had left.
  const isToldBefore = problem.hint !== null && (!isLost || known?.length === 0)
  const hint = isToldBefore ? problem.hint : `What is live goes on. ${leftBy(before, known, lack)} ${MEND}`
  return { ...settled, outcome: isBegun && known === null ? 'unknown' : 'failed', code, message, hint }
}

const MEND = 'Mend the migration and run the command again.'

function leftBy(before: readonly Schema[] | null, changes: readonly string[] | null, lack: string | null): string {
  if (before === null) return 'Nothing was changed.'
  if (before.length === 0)
    return 'The service uses no database that is known: what it had committed before failing is still there.'
  if (changes === null) return `What it has left is not known: ${lack ?? 'the databases are others now'}.`
  return changes.length === 0
    ? 'The schema is as it was.'
    : 'It has left the changes shown here: they were committed before it failed.'
}

/** Null where it is not known: nobody could look, or there is nothing that one could look at. */
function changesSince(before: readonly Schema[], after: readonly Schema[] | null): readonly string[] | null {
  return after === null || after.length === 0 || after.length !== before.length ? null : changesBetween(before, after)
}

interface Swept {
  readonly schemas: readonly Schema[] | null
  readonly lack: string | null
}

/** After a reboot the databases may come up later than we do. */
async function sweep(databases: readonly Database[], until: number): Promise<Swept> {
  for (;;) {
    const swept = await sweepOnce(databases)
    if (swept.lack === null || performance.now() > until) return swept
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
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
