import { spawn } from 'node:child_process'

/**
 * Runs a command of the app's own, its output going where ours goes. Null when it exited with 0, else how it ended. It
 * stays in our process group: whoever kills the job kills it too.
 */
export function runCommand(
  argv: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly timeoutMs: number },
): Promise<string | null> {
  const [program = '', ...args] = argv
  const { env, timeoutMs } = options
  const child = spawn(program, args, { env, stdio: ['ignore', 'inherit', 'inherit'] })
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, timeoutMs)
  return new Promise((resolve) => {
    const end = (how: string | null): void => {
      clearTimeout(timer)
      resolve(timedOut ? `did not end within ${timeoutMs / 1000} s` : how)
    }
    child.once('error', (error) => end(`could not be started: ${error.message}`))
    child.once('exit', (code, signal) =>
      end(code === 0 ? null : signal === null ? `exited with ${code}` : `was killed by ${signal}`),
    )
  })
}
