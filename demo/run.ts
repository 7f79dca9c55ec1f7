import { spawn } from 'node:child_process'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly withinMs: number
  readonly signal: AbortSignal
}

/** Runs a command to its end, and never longer than `withinMs`. @throws Error when it is interrupted or too slow. */
export function run(argv: readonly string[], { cwd, env, withinMs, signal }: RunOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // A group of its own: Ctrl-C on the terminal is for the demo, which then stops everything in order.
    const child = spawn(argv[0]!, argv.slice(1), { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    let stdout = ''
    let stderr = ''
    let why: string | null = null
    const end = (reason: string): void => {
      why = reason
      child.kill('SIGKILL')
    }
    const onAbort = (): void => end('interrupted')
    const deadline = setTimeout(() => end(`not finished within ${withinMs / 1000} s`), withinMs)
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(deadline)
      signal.removeEventListener('abort', onAbort)
      if (why === null) resolve({ code, stdout, stderr })
      else reject(new Error(`${argv.slice(2).join(' ')}: ${why}\n${stdout}${stderr}`.trimEnd()))
    })
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
