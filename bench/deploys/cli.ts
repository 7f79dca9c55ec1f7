import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { readJsonLines } from '../../src/core/json-lines.ts'
import type { DeployEvent, DeployResult } from '../../src/deploy/engine.ts'
import { root } from '../../test/support/project.ts'

/** A deploy of this bench takes about four seconds. */
const DEPLOY_MS_MAX = 60_000

export interface Deployed {
  readonly result: DeployResult
  readonly drainMs: number | null
}

/** Runs `seaworthy deploy --json` as a user's script would and passes its events on. @throws Error when it does not succeed */
export async function deploy(folder: string, onEvent: (event: DeployEvent) => void): Promise<Deployed> {
  const child = spawn(process.execPath, [join(root, 'bin/seaworthy.js'), 'deploy', '--json'], {
    cwd: folder,
    env: { PATH: process.env['PATH']!, HOME: process.env['HOME'] ?? '/' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEPLOY_MS_MAX,
    killSignal: 'SIGKILL',
  })
  let result: DeployResult | null = null
  let drainMs: number | null = null
  const said: string[] = []
  readJsonLines(child.stdout, (value) => {
    // Our own CLI's output: plan, events, then the result.
    const fact = value as DeployEvent | ({ kind: 'result' } & DeployResult) | { kind: 'problem'; message: string }
    if (fact.kind === 'result') result = fact
    else if (fact.kind === 'problem' || fact.kind === 'failed') said.push(fact.message)
    else {
      if (fact.kind === 'done' && fact.operation.kind === 'drain') drainMs = fact.tookMs
      onEvent(fact)
    }
  })
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8').trim()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0 || result === null) throw new Error(`deploy ended with ${code ?? 'a signal'}: ${said.join('; ')}`)
  return { result, drainMs }
}
