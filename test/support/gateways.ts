import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { writeEnvironment } from '../../src/control/environment.ts'
import type { KnownGateway } from '../../src/control/api/gateways-methods.ts'
import { listening } from '../../src/gateway/testing.ts'
import { plainConfig, processesMentioning, root, TestProject, until } from './project.ts'

export const WORKERS = 2
/** On a machine that has other work as well. */
const START_MS = 90_000

/** An environment whose gateways are programs of their own, as in pods; on one machine. */
export interface GatewaysProject extends AsyncDisposable {
  readonly project: TestProject
  /** Where control listens for them. */
  readonly control: string
  readonly key: string
  /** Starts a gateway; its folder, named after it, is empty or as it was left. */
  start(name: string, options?: { readonly args?: readonly string[]; readonly key?: string }): GatewayProgram
  known(): Promise<readonly KnownGateway[]>
  /** Resolves once exactly these are connected. */
  untilConnected(...names: readonly string[]): Promise<void>
}

export interface GatewayProgram {
  readonly name: string
  readonly folder: string
  readonly port: number
  readonly ended: Promise<number | null>
  /** To all of its processes, as the kernel does when the first of a container ends. */
  signal(signal: NodeJS.Signals): void
  /** As the platform tells a container to end: its first process alone. */
  terminate(): void
  log(name: string): string
  /** The exit code and the words of its check. */
  check(): Promise<{ readonly code: number | null; readonly stderr: string }>
}

export async function startGateways(config: object = plainConfig()): Promise<GatewaysProject> {
  const project = new TestProject(config)
  const [door, ports] = [await freePort(), { one: await freePort(), two: await freePort() }]
  const key = join(project.folder, 'key')
  writeFileSync(key, randomBytes(32), { mode: 0o600 })
  mkdirSync(project.stateFolder, { recursive: true, mode: 0o700 })
  writeEnvironment(project.stateFolder, {
    app: 'plain',
    environment: 'local',
    target: 'process',
    host: '127.0.0.1',
    http: 0,
    url: `http://127.0.0.1:${ports.one}`,
    workers: WORKERS,
    gateways: { port: door, key, host: '127.0.0.1', http: ports.one, https: null },
    path: process.env['PATH']!,
  })
  const service = project.start(['up', '--service', project.stateFolder])
  const isUp = (): Promise<boolean> =>
    project.status().then(
      () => true,
      () => false,
    )
  await until(isUp, 'control', START_MS)
  const programs: GatewayProgram[] = []
  const known = async (): Promise<readonly KnownGateway[]> =>
    (await project.control.call('gateways.known', {})).gateways
  return {
    project,
    control: `127.0.0.1:${door}`,
    key,
    start(name, { args = [], key: other = key } = {}) {
      const port = name === 'two' ? ports.two : ports.one
      const program = startProgram(project, [...argumentsOf(name, port), '--key', other, ...args], { name, port })
      programs.push(program)
      return program
    },
    known,
    untilConnected: (...names) =>
      until(
        async () => {
          const there = (await known()).filter(
            ({ connected, serves, version }) => connected && serves && version !== null,
          )
          return there.map(({ name }) => name).join() === names.join()
        },
        `gateways ${names.join(', ')}`,
        START_MS,
      ),
    async [Symbol.asyncDispose]() {
      for (const program of programs) program.signal('SIGKILL')
      await Promise.all(programs.map(({ ended }) => ended))
      // A test that failed may have left control stopped.
      for (const { pid } of processesMentioning(project.stateFolder)) process.kill(pid, 'SIGCONT')
      await project[Symbol.asyncDispose]()
      await service.ended
    },
  }

  function argumentsOf(name: string, port: number): readonly string[] {
    const [listen, count] = [String(port), String(WORKERS)]
    const folder = join(project.stateFolder, name)
    const own = ['--state', folder, '--name', name, '--host', '127.0.0.1', '--http', listen, '--workers', count]
    return ['--control', `127.0.0.1:${door}`, ...own]
  }
}

function startProgram(
  project: TestProject,
  args: readonly string[],
  { name, port }: { readonly name: string; readonly port: number },
): GatewayProgram {
  const folder = join(project.stateFolder, name)
  const child = spawn(process.execPath, [join(root, 'src/gateway/remote/main.ts'), ...args], {
    cwd: project.folder,
    env: { PATH: process.env['PATH']! },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const pids = (): readonly number[] => processesMentioning(folder).map(({ pid }) => pid)
  return {
    name,
    folder,
    port,
    ended: once(child, 'exit').then(([code]) => code as number | null),
    signal(signal) {
      for (const pid of pids()) process.kill(pid, signal)
    },
    terminate: () => void child.kill('SIGTERM'),
    log(file) {
      const path = join(folder, 'logs', `${file}.log`)
      return existsSync(path) ? readFileSync(path, 'utf8') : ''
    },
    async check() {
      const check = spawn(process.execPath, [join(root, 'src/gateway/remote/check.ts'), folder])
      let stderr = ''
      check.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
      const [code] = (await once(check, 'close')) as [number | null]
      return { code, stderr }
    },
  }
}

/** As a pod is when it is made anew. */
export async function emptied({ folder, ended }: GatewayProgram): Promise<void> {
  await ended
  await until(() => processesMentioning(folder).length === 0, 'its processes to be gone')
  rmSync(folder, { recursive: true, force: true })
}

/** One that nobody listens on; whoever asks takes it soon. */
async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}
