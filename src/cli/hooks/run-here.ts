import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Job, JobExit } from '../../control/api/contract.ts'
import { describeExit } from '../../control/supervisor.ts'
import type { Exit } from '../../keeper/protocol.ts'
import { CHILD_VARIABLE, endMarked } from '../../keeper/identity.ts'

const LINES_KEPT = 30
/** Of what it writes, the end is kept. */
const OUTPUT_CHARACTERS_MAX = 64 * 1024
/** What it has started and hidden from us may hold its output open. */
const OUTPUT_WITHIN_MS = 1_000

export interface Here {
  /** What its processes are known by. */
  readonly mark: string
  readonly signal: AbortSignal
}

/**
 * Runs a hook as a child of this command, to its end; all that it has started ends with it. What a command that was killed
 * has left of the same one ends first. Never throws: how it ended is what is told.
 */
export async function runHere({ name, argv, cwd, env, timeoutMs }: Job, { mark, signal }: Here): Promise<JobExit> {
  await endLeft(mark, name)
  const child = startIn(cwd, argv, { ...env, [CHILD_VARIABLE]: `${mark}:${name}` })
  if (child instanceof Error) {
    const exit = { kind: 'not-started', error: child.message, at: Date.now() } as const
    return { ok: false, description: describeExit(exit), lastLines: [] }
  }
  const endAll = (): Promise<void> => {
    if (child.pid !== undefined) endGroup(child.pid)
    return endLeft(mark, name)
  }
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-OUTPUT_CHARACTERS_MAX)))
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let cutShort: string | null = null
  // Waited for: it would end the next one of that name.
  let ending = Promise.resolve()
  const cut = (why: string): void => {
    cutShort ??= why
    ending = endAll()
  }
  const onAbort = (): void => cut('was ended with its command')
  const timer = setTimeout(() => cut(`did not end within ${timeoutMs / 1000} s`), timeoutMs)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  const exit = await exitOf(child)
  clearTimeout(timer)
  signal.removeEventListener('abort', onAbort)
  await ending
  await endAll()
  await Promise.race([closed, sleep(OUTPUT_WITHIN_MS, undefined, { ref: false })])
  for (const stream of [child.stdout, child.stderr]) stream.destroy()
  const lines = output.split('\n').filter((line) => line !== '')
  return {
    ok: cutShort === null && exit.kind === 'code' && exit.code === 0,
    description: cutShort ?? describeExit(exit),
    lastLines: lines.slice(-LINES_KEPT),
  }
}

/** Node says of some reasons at once that it cannot be started: a folder that is a file, a variable that is too long. */
function startIn(cwd: string, [program, ...args]: readonly string[], env: NodeJS.ProcessEnv) {
  try {
    // A terminal's Ctrl-C is for the command, which passes it on as it sees fit.
    return spawn(program!, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  } catch (error) {
    return error as Error
  }
}

/** Ends what there is of a hook on this machine, where the system tells. */
export async function endLeft(mark: string, name: string): Promise<void> {
  if (existsSync('/proc/self/environ')) await endMarked(mark, name)
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ kind: 'not-started', error: error.message, at: Date.now() }))
    child.once('exit', (code, signal) => {
      const at = Date.now()
      resolve(code === null ? { kind: 'signal', signal: signal!, at } : { kind: 'code', code, at })
    })
  })
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
