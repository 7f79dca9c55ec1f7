import { execFileSync, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DockerEngine } from './docker-engine.ts'
import type { Answer } from './load.ts'
import { root } from './project.ts'

export interface EngineLoad extends AsyncDisposable {
  readonly answers: readonly Answer[]
  stop(): Promise<readonly Answer[]>
}

/** What runs a program on the network that a private engine publishes its ports on. */
export function engineNetwork({ host }: DockerEngine): readonly [string, ...string[]] {
  const pid = readFileSync(join(host.slice('unix://'.length), '..', 'pid'), 'utf8').trim()
  return ['nsenter', `--net=/proc/${pid}/ns/net`]
}

/** Without it nothing is published on 127.0.0.1: a new network's own loopback is down. */
export function openLoopback(engine: DockerEngine): void {
  const [enter, ...where] = engineNetwork(engine)
  execFileSync(enter, [...where, 'ip', 'link', 'set', 'lo', 'up'])
}

/** `startLoad` on a port that a private engine publishes, from a process on its network. */
export function startEngineLoad(
  engine: DockerEngine,
  options: { readonly port: number; readonly clients: number },
): EngineLoad {
  const [enter, ...where] = engineNetwork(engine)
  const answers: Answer[] = []
  const entry = join(root, 'test/support/engine-load-entry.ts')
  const child = fork(entry, [String(options.port), String(options.clients)], {
    execPath: enter,
    execArgv: [...where, process.execPath],
  })
  child.on('message', (answer: Answer) => answers.push(answer))
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`the load ended with ${code}`))))
  })
  ended.catch(() => {})
  const stop = async (): Promise<readonly Answer[]> => {
    if (child.connected) child.send('stop')
    await ended
    return answers
  }
  return { answers, stop, [Symbol.asyncDispose]: async () => void (await stop()) }
}
