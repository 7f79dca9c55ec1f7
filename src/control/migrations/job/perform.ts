import { messageOf, Problem } from '../../../core/problem.ts'
import {
  LOCK_WITHIN_MS,
  WHOLE_COPY_BYTES_MAX,
  type Copy,
  type Database,
  type Schema,
  type SqlRun,
} from '../databases/database.ts'
import { changesBetween } from '../schema-changes.ts'
import { readSqlFiles, sqlCommand } from '../sql-files.ts'
import { runCommand } from './command.ts'
import { redirect, type MigrationOrder } from './order.ts'
import type { MigrationReport } from './report.ts'

/** Set for a command that is rehearsed: what it does beside its databases, such as sending a mail, it does twice. */
const REHEARSAL_VARIABLE = 'REHEARSAL'

export interface Job {
  readonly order: MigrationOrder
  readonly databases: readonly Database[]
  /** The command's environment; it names the real databases. */
  readonly environment: Readonly<Record<string, string>>
  readonly save: (report: MigrationReport) => void
  /** A line for the log. */
  readonly say: (line: string) => void
  /** Runs a command of the app's own. @default as a child */
  readonly runCommand?: typeof runCommand
  /** @default WHOLE_COPY_BYTES_MAX */
  readonly copyBytesMax?: number
}

/** What runs, on the originals or on copies. Rejects when it fails. */
interface Work {
  readonly name: string
  /** True for what leaves no trace when it fails. */
  readonly isAtomic: boolean
  run(databases: readonly Database[], environment: Readonly<Record<string, string>>): Promise<void>
}

/** Rehearses a migration on copies, then runs it. True when it was done; the report says the rest. */
export async function perform(job: Job): Promise<boolean> {
  const { order, databases, save, say } = job
  let before: readonly Schema[] | null = null
  let after: readonly Schema[] | null = null
  let rehearsal: string | null = null
  let isBegun = false
  try {
    save({ step: 'rehearsing' })
    await using locks = new AsyncDisposableStack()
    for (const database of databases) locks.use(await database.lock(LOCK_WITHIN_MS))
    before = await schemasOf(databases)
    const work = await workOf(job)
    if (work === null) rehearsal = 'nothing was pending'
    else {
      rehearsal = await rehearse(work, before, job)
      save({ step: 'applying', rehearsal, before })
      isBegun = true
      say(`running ${work.name}`)
      await work.run(databases, job.environment).catch(async (error: unknown) => {
        // Where the database went down with it, that is not why it failed: whoever settles the run looks again.
        after = await schemasOf(databases).catch(() => null)
        throw new Error(`${work.name} ${messageOf(error)}`, { cause: error })
      })
    }
    after = await schemasOf(databases)
    save({ step: 'ended', rehearsal, isBegun, before, after, problem: null })
    return true
  } catch (error) {
    say(messageOf(error))
    const problem = error instanceof Problem && !isBegun ? error : failure(order, messageOf(error))
    after ??= await schemasOf(databases).catch(() => null)
    save({ step: 'ended', rehearsal, isBegun, before, after, problem: problem.toJSON() })
    return false
  }
}

/** Null when there is nothing to do. */
async function workOf({ order, databases, runCommand: start = runCommand }: Job): Promise<Work | null> {
  const { command, service, phase, release, timeoutMs } = order
  const name = `'${command.join(' ')}'`
  const sql = sqlCommand(command)
  if (sql === null) {
    return {
      name,
      isAtomic: false,
      run: async (_, env) => {
        const because = await start(command, { env, timeoutMs })
        if (because !== null) throw new Error(because)
      },
    }
  }
  const run: SqlRun = { service, phase, release, files: readSqlFiles(sql.path) }
  const database = databaseFor(sql.need, databases)
  if ((await database.pending(run)).length === 0) return null
  return {
    name,
    isAtomic: true,
    run: (all) =>
      all[databases.indexOf(database)]!.apply(run).catch((error: unknown) => {
        throw error instanceof Problem ? error : new Error(`failed: ${messageOf(error)}`, { cause: error })
      }),
  }
}

function databaseFor(need: string | null, databases: readonly Database[]): Database {
  const [only] = databases
  const found = need === null && databases.length === 1 ? only : databases.find((one) => one.need === need)
  if (found !== undefined) return found
  const known = databases.map((one) => one.need).join(', ')
  throw new Problem('migration.sql-which', `an sql migration runs on one need, and ${need ?? 'none'} was named`, {
    hint: known === '' ? "Declare it: uses: { db: 'required' }." : `Write 'sql PATH NEED' with one of: ${known}.`,
  })
}

/** Runs the work on copies of all databases. Says in words on what; the copies are gone when it returns. */
async function rehearse(work: Work, before: readonly Schema[], job: Job): Promise<string> {
  const { order, databases, environment, say, copyBytesMax = WHOLE_COPY_BYTES_MAX } = job
  if (databases.length === 0) return 'not rehearsed: the service uses no database that is known'
  try {
    const copies: Copy[] = []
    try {
      for (const database of databases) copies.push(await database.copy(copyBytesMax))
    } catch (error) {
      if (!work.isAtomic) throw error
      return `not rehearsed, but one transaction: ${messageOf(error)}`
    }
    const words = `on a copy of ${copies.map((copy) => describeCopy(copy)).join(', ')}`
    say(`rehearsing ${work.name} ${words}`)
    const copied = copies.map(({ database }) => database)
    await work.run(copied, { ...redirect(environment, copies), [REHEARSAL_VARIABLE]: '1' }).catch((error: unknown) => {
      throw failedRehearsal(order, `${work.name} ${messageOf(error)}, rehearsed ${words}`)
    })
    const escaped = changesBetween(before, await schemasOf(databases))
    if (escaped.length > 0) throw notRehearsed(work.name, databases, escaped)
    return words
  } finally {
    for (const database of databases) await database.removeCopy()
  }
}

function describeCopy({ database, of }: Copy): string {
  return `${database.need} (${database.kind}, ${of === 'data' ? 'all data' : 'schema and small tables'})`
}

async function schemasOf(databases: readonly Database[]): Promise<readonly Schema[]> {
  const schemas: Schema[] = []
  for (const database of databases) schemas.push(await database.schema())
  return schemas
}

function failedRehearsal({ phase }: MigrationOrder, message: string): Problem {
  const hint =
    'Only copies were touched: the schema and the rows are as they were. Mend the migration and run the command again.'
  return phase === 'expand'
    ? new Problem('deploy.migration-failed', `the expanding migration ${message}`, { hint })
    : new Problem('migration.failed', `the contracting migration ${message}`, { hint })
}

/** Without a hint: what it has left is for whoever settles the run to say. */
function failure({ phase }: MigrationOrder, message: string): Problem {
  return phase === 'expand'
    ? new Problem('deploy.migration-failed', `the expanding migration ${message}`)
    : new Problem('migration.failed', `the contracting migration ${message}`)
}

function notRehearsed(name: string, databases: readonly Database[], changes: readonly string[]): Problem {
  const needs = databases.map(({ need }) => need).join(', ')
  return new Problem('migration.not-rehearsed', `${name} changed ${needs} itself where it was to change a copy`, {
    hint: 'Let it take the address of its database from the variables of its need, such as DB_URL.',
    details: changes,
  })
}
