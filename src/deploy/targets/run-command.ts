import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { createInterface } from 'node:readline'
import { Problem } from '../../core/problem.ts'
import { showCommand, type Command } from './command.ts'

/** An answer longer than this is none that we asked for. */
export const ANSWER_BYTES_MAX = 16 * 1024 * 1024
const LINES_KEPT = 30
const LINE_CHARACTERS_MAX = 2_000

export interface RunOptions {
  /** What the tool gets of the environment: its own settings, keys and contexts are found there. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
  /** Each line of stderr, as it comes; stdout's too where `streams` is set. */
  readonly onLine?: (line: string) => void
  /** stdout is told line by line and not kept: for a tool that narrates there. @default false */
  readonly streams?: boolean
  /** Read instead of `stdin`: for what is too large to be held. */
  readonly input?: Readable
  /** Takes stdout, which is not kept: for what is too large to be held. One that is destroyed before its end ends the command. */
  readonly output?: Writable
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  /** The last lines of stderr. */
  readonly lastLines: readonly string[]
}

/**
 * Runs a command to its end, whatever its exit code.
 * @throws Problem `target.tool-missing` when there is no such program, `target.tool-failed` when it was ended by a signal, took
 * longer than its limit or answered more than ANSWER_BYTES_MAX; the signal's reason when aborted
 */
export async function runCommand(command: Command, options: RunOptions): Promise<Ran> {
  const { argv, stdin, timeoutMs } = command
  const { env, signal, onLine, streams = false, input, output } = options
  signal?.throwIfAborted()
  const child = spawn(argv[0], argv.slice(1), {
    env,
    stdio: [stdin === undefined && input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  const lastLines: string[] = []
  const hear = (line: string): void => {
    lastLines.push(line.slice(0, LINE_CHARACTERS_MAX))
    if (lastLines.length > LINES_KEPT) lastLines.shift()
    onLine?.(line)
  }
  const answer: Buffer[] = []
  let bytes = 0
  let isTooLong = false
  if (streams) createInterface({ input: child.stdout! }).on('line', hear)
  else if (output !== undefined) child.stdout!.pipe(output)
  else
    child.stdout!.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= ANSWER_BYTES_MAX) answer.push(chunk)
      else isTooLong = child.kill('SIGKILL') || true
    })
  createInterface({ input: child.stderr! }).on('line', hear)
  const abort = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', abort, { once: true })
  output?.once('close', () => {
    if (!output.writableFinished) abort()
  })
  // Whoever ends early reads no further: its exit code says more than our broken pipe.
  child.stdin?.on('error', () => {})
  if (input !== undefined) input.on('error', abort).pipe(child.stdin!)
  else child.stdin?.end(stdin)
  try {
    const { code, endedBy } = await ended(child, command)
    signal?.throwIfAborted()
    if (isTooLong) throw failed(command, `answered more than ${ANSWER_BYTES_MAX / 1024 / 1024} MiB`, lastLines)
    if (input?.errored) throw input.errored
    if (output?.destroyed === true && !output.writableFinished)
      throw failed(command, 'was not heard to its end', lastLines)
    if (code === null) {
      const why = child.killed ? `did not end within ${timeoutMs / 1000} s` : `was ended by ${endedBy}`
      throw failed(command, why, lastLines)
    }
    return { code, stdout: Buffer.concat(answer).toString('utf8'), lastLines }
  } finally {
    signal?.removeEventListener('abort', abort)
    input?.destroy()
  }
}

/** As `runCommand`, for commands of which only success will do. @throws Problem `target.tool-failed` with its last lines */
export async function mustRun(command: Command, options: RunOptions): Promise<string> {
  const { code, stdout, lastLines } = await runCommand(command, options)
  const { forgives } = command
  const isForgiven = forgives !== undefined && lastLines.some((line) => line.includes(forgives))
  if (code !== 0 && !isForgiven) throw failed(command, `exited with ${code}`, lastLines)
  return stdout
}

/** One after the other; ends at the first that fails and may not. @throws Problem `target.tool-failed` */
export async function runAll(commands: readonly Command[], options: RunOptions): Promise<void> {
  for (const command of commands) await (command.mayFail === true ? runCommand : mustRun)(command, options)
}

function ended(
  child: ReturnType<typeof spawn>,
  command: Command,
): Promise<{ code: number | null; endedBy: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('close', (code, endedBy) => resolve({ code, endedBy }))
    child.once('error', (error: NodeJS.ErrnoException) => {
      const [program] = command.argv
      if (error.code !== 'ENOENT') return reject(error)
      reject(
        new Problem('target.tool-missing', `there is no program '${program}' on this machine`, {
          hint: `Install ${program}, or put it on the PATH.`,
        }),
      )
    })
  })
}

function failed(command: Command, why: string, lastLines: readonly string[]): Problem {
  return new Problem('target.tool-failed', `\`${showCommand(command)}\` ${why}`, {
    hint: 'The lines below are its own; the command can be run by hand.',
    details: lastLines.map((line) => `| ${line}`),
  })
}
