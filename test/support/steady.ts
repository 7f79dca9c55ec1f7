import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a steady load saw, from its start to its end. */
export interface SteadyReport {
  readonly sent: number
  readonly seconds: number
  /** Answers by release and status: `1-abc 200`; `none` where nothing came. */
  readonly answers: Readonly<Record<string, number>>
}

export interface Steady extends AsyncDisposable {
  stop(): Promise<SteadyReport>
}

/**
 * Requests at a fixed rate from a process of its own, whether answers come or not, each from a client that has no cookie. What
 * it could not send in time it sends late, so that the rate over the whole is the one asked for, or the report says less.
 */
export function startSteady({ port, perSecond }: { port: number; perSecond: number }): Steady {
  const entry = fileURLToPath(import.meta.resolve('./steady-process.ts'))
  const child = spawn(process.execPath, [entry, String(port), String(perSecond)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = new Promise<SteadyReport>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(JSON.parse(output) as SteadyReport) : reject(new Error(`the load ended with ${code}`)),
    )
  })
  // It ends when its input does, so that it cannot outlive the test.
  const stop = (): Promise<SteadyReport> => {
    child.stdin.end()
    return ended
  }
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) }
}
