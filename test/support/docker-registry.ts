import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DockerEngine } from './docker-engine.ts'
import { engineNetwork } from './engine-load.ts'
import { until } from './project.ts'

const PORT = 5055
export const ADDRESS = `127.0.0.1:${PORT}`

/** `deployer` with the password below, as a registry keeps it. */
export const USERS = 'deployer:$2y$05$abcdefghijklmnopqrstuuI9Ve74svfU50aEQdy91gepBOB8Ceywa\n'
export const PASSWORD = 'geheim-4711'

/** In front of the registry in an engine's network: a unix socket is reached from any of them. */
const FORWARD = `const [port, socket] = process.argv.slice(1)
const { connect, createServer } = require('node:net')
createServer((client) => {
  const server = connect(socket)
  client.pipe(server).pipe(client)
  client.on('error', () => server.destroy())
  server.on('error', () => client.destroy())
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('listens'))`

export interface DockerRegistry extends AsyncDisposable {
  /** What it has of a repository: the digests of its manifests. */
  manifests(repository: string): readonly string[]
  /** Of all that was pushed. */
  bytes(): number
  stop(): Promise<void>
  /** `users`: lines of an htpasswd file; without any it asks nobody. */
  start(users?: string): Promise<void>
}

/**
 * Debian's `docker-registry` with a folder of its own, on the loopback of each engine: those take it without TLS.
 * @param engines null: this machine's own
 */
export async function startDockerRegistry(
  engines: readonly (DockerEngine | null)[],
  port: number = PORT,
): Promise<DockerRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-registry-'))
  const socket = join(folder, 'socket')
  const store = join(folder, 'store')
  let child: ChildProcess | null = null
  const stop = async (): Promise<void> => {
    if (child !== null) await ended(child)
    child = null
    rmSync(socket, { force: true })
  }
  const start = async (users = ''): Promise<void> => {
    writeFileSync(join(folder, 'users'), users)
    writeFileSync(
      join(folder, 'config.yml'),
      configOf({ socket, store, users: users === '' ? null : join(folder, 'users') }),
    )
    const begun = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child = begun
    let log = ''
    begun.stderr.on('data', (chunk: Buffer) => (log = `${log}${chunk.toString()}`.slice(-4_000)))
    begun.once('error', (error) => (log += error.message))
    await until(() => {
      if (begun.exitCode !== null || begun.pid === undefined)
        throw new Error(`no registry (sudo apt-get install docker-registry): ${log}`)
      return existsSync(socket) && answers(socket)
    }, 'the registry to answer')
  }
  const forwards: ChildProcess[] = []
  const end = async (): Promise<void> => {
    await Promise.all([stop(), ...forwards.map(ended)])
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await start()
    for (const engine of engines) forwards.push(await forwardFrom(engine, port, socket))
  } catch (error) {
    await end()
    throw error
  }
  const inStore = (pattern: string): readonly string[] => globSync(pattern, { cwd: join(store, 'docker/registry/v2') })
  return {
    manifests: (repository) =>
      inStore(`repositories/${repository}/_manifests/revisions/sha256/*`).map((path) =>
        path.slice(path.lastIndexOf('/') + 1),
      ),
    bytes: () =>
      inStore('blobs/sha256/*/*/data').reduce(
        (all, path) => all + statSync(join(store, 'docker/registry/v2', path)).size,
        0,
      ),
    start,
    stop,
    [Symbol.asyncDispose]: end,
  }
}

async function forwardFrom(engine: DockerEngine | null, port: number, socket: string): Promise<ChildProcess> {
  const where = engine === null ? [] : engineNetwork(engine)
  const [program, ...words] = [...where, process.execPath, '-e', FORWARD, String(port), socket]
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.once('close', (code) => reject(new Error(`the way to the registry ended with ${code}`)))
    child.once('error', reject)
  })
  return child
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const over = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGTERM')
  await over
}

/** Also one that lets nobody in. */
function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/v2/' }, (answer) => {
      answer.resume()
      resolve([200, 401].includes(answer.statusCode!))
    })
    asked.once('error', () => resolve(false))
    asked.end()
  })
}

function configOf({ socket, store, users }: { socket: string; store: string; users: string | null }): string {
  return JSON.stringify({
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: store } },
    http: { net: 'unix', addr: socket, relativeurls: true },
    ...(users === null ? {} : { auth: { htpasswd: { realm: 'test', path: users } } }),
  })
}

/** A folder with what docker keeps after a login, for `DOCKER_CONFIG`. */
export function loggedIn(host: string | null, address: string): Disposable & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-login-'))
  const where = host === null ? [] : ['--host', host]
  const words = ['--config', folder, ...where, 'login', '--username', 'deployer', '--password-stdin', address]
  execFileSync('docker', words, { input: PASSWORD, stdio: ['pipe', 'ignore', 'pipe'] })
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}
