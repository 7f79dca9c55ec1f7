import { join } from 'node:path'
import { passwordsOf, scrubOf } from '../core/scrub.ts'
import { endMarked } from '../keeper/identity.ts'
import { folderMark } from '../keeper/paths.ts'
import type { ChildState, Exit } from '../keeper/protocol.ts'
import type { Job, JobExit } from './api/contract.ts'
import { keepEnd } from './keep-end.ts'
import type { KeeperLink } from './keeper-link.ts'
import { lastLines } from './last-lines.ts'
import { describeExit } from './supervisor.ts'

const LINES_SHOWN = 30
const LOOK_MS = 25
/** Of so many jobs it is remembered what nobody is to see. */
const SECRETS_KEPT = 100
/** Of the output of a job that has ended; while it runs the keeper rotates it like any other. */
const OUTPUT_BYTES_MAX = 20 * 1024 * 1024

/**
 * Builds and migrations: children of the keeper, so that neither the death of the CLI nor control's leaves a half-known
 * process behind. Asking for a job that runs already waits for it.
 */
export class Jobs {
  readonly #keeper: KeeperLink
  readonly #folder: string
  readonly #waiting = new Map<string, ((end: { readonly exit: Exit | null }) => void)[]>()
  readonly #ending = new Map<string, Promise<readonly string[]>>()

  readonly #secrets = new Map<string, Readonly<Record<string, string>>>()

  constructor(keeper: KeeperLink, folder: string) {
    this.#keeper = keeper
    this.#folder = folder
  }

  /** What is to be taken out of a job's output; nothing when control has started since the job did. */
  secretsOf(name: string): Readonly<Record<string, string>> {
    return this.#secrets.get(name) ?? {}
  }

  /** Where a job's output goes; there from its start on. */
  outputOf(name: string): string {
    return join(this.#folder, 'logs', `${name}.log`)
  }

  /** True while it runs, and until its end has been heard. */
  async knows(name: string): Promise<boolean> {
    return (await this.#find(name)) !== undefined
  }

  async run(job: Job): Promise<JobExit> {
    const ended = new Promise<{ readonly exit: Exit | null }>((resolve) => {
      this.#waiting.set(job.name, [...(this.#waiting.get(job.name) ?? []), resolve])
    })
    this.#secrets.set(job.name, secretsIn(job))
    const [oldest] = this.#secrets.keys()
    if (this.#secrets.size > SECRETS_KEPT) this.#secrets.delete(oldest!)
    const left = await this.#find(job.name)
    // It ended while nobody was there to hear it: its status is the answer, and a migration is not run twice.
    if (left?.state === 'exited') {
      this.onExited(left)
      return this.#conclude(job, left.exit, false)
    }
    const started = await this.#keeper.spawn({
      name: job.name,
      role: 'instance',
      argv: job.argv as [string, ...string[]],
      cwd: job.cwd,
      env: job.env,
      output: this.outputOf(job.name),
    })
    // One that was too quick to be seen running is told with its status by an event of its own.
    if (started.state === 'exited' && started.exit !== null) this.onExited(started)
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      void this.#keeper.signal(job.name, 'SIGKILL', { group: true, final: true })
    }, job.timeoutMs)
    const { exit } = await ended
    clearTimeout(timer)
    return this.#conclude(job, exit, timedOut)
  }

  /** Ends a job and forgets it, so that the next of its name begins anew. */
  async cancel(name: string): Promise<void> {
    await this.#keeper.signal(name, 'SIGKILL', { group: true, final: true })
    while ((await this.#find(name))?.state === 'running') await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    await this.#end(name)
  }

  /** After a succession: jobs that ended, or were lost, between two keepers are answered. */
  async reconcile(): Promise<void> {
    for (const name of this.#waiting.keys()) {
      const child = await this.#find(name)
      if (child?.state !== 'running') this.#answer(name, child?.exit ?? null)
    }
  }

  async #find(name: string): Promise<ChildState | undefined> {
    return (await this.#keeper.list()).children.find((child) => child.name === name)
  }

  async #conclude(job: Job, exit: Exit | null, timedOut: boolean): Promise<JobExit> {
    return {
      ok: exit?.kind === 'code' && exit.code === 0,
      description: timedOut ? `did not end within ${job.timeoutMs / 1000} s` : describeExit(exit),
      lastLines: scrubbed(await this.#end(job.name), job, this.outputOf(job.name)),
    }
  }

  /** Once for all who wait for it: a second time might meet the next job of that name. */
  #end(name: string): Promise<readonly string[]> {
    const ending = this.#ending.get(name) ?? this.#endOnce(name).finally(() => this.#ending.delete(name))
    this.#ending.set(name, ending)
    return ending
  }

  /** What a job has started must not work on while somebody already goes on from, or mends, what it did. */
  async #endOnce(name: string): Promise<readonly string[]> {
    await this.#keeper.signal(name, 'SIGKILL', { group: true, final: true })
    await endMarked(folderMark(this.#folder), name)
    // From here on the keeper does not rotate it.
    await this.#keeper.forget(name)
    const output = this.outputOf(name)
    const lines = lastLines(output, LINES_SHOWN)
    // The one before as well: while it was moved, the job went on writing.
    for (const file of [output, `${output}.1`]) keepEnd(file, OUTPUT_BYTES_MAX)
    return lines
  }

  onExited({ name, exit }: ChildState): void {
    this.#answer(name, exit)
  }

  #answer(name: string, exit: Exit | null): void {
    const waiting = this.#waiting.get(name) ?? []
    this.#waiting.delete(name)
    for (const resolve of waiting) resolve({ exit })
  }
}

/** What was said, without what nobody is to see. After control's own restart that may not be known any more. */
function scrubbed(lines: readonly string[], job: Job, output: string): readonly string[] {
  const { env, secrets = [] } = job
  const unknown = secrets.filter((name) => env[name] === undefined)
  if (unknown.length > 0 && lines.length > 0)
    return [`(not shown: the values of ${unknown.join(', ')}, to be taken out of it, are not known; see ${output})`]
  return lines.map(scrubOf(secretsIn(job)))
}

function secretsIn({ env, secrets = [] }: Job): Readonly<Record<string, string>> {
  return { ...passwordsOf(env), ...Object.fromEntries(secrets.map((name) => [name, env[name] ?? ''])) }
}
