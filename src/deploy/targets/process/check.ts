import { spawn } from 'node:child_process'

/** Runs a health command; null when it exits with 0. */
export function runCheck(
  argv: readonly string[],
  options: { cwd: string; env: Readonly<Record<string, string>>; timeoutMs: number },
): Promise<string | null> {
  const { cwd, env, timeoutMs } = options
  return new Promise((resolve) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      cwd,
      env,
      stdio: 'ignore',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    })
    child.once('error', (error) => resolve(`${argv.join(' ')}: ${error.message}`))
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(null)
      else resolve(`${argv.join(' ')} ${code === null ? `was ended by ${signal}` : `exited with ${code}`}`)
    })
  })
}
