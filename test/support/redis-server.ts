import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './project.ts'

export interface RedisServer extends AsyncDisposable {
  readonly url: string
  start(): Promise<void>
  /** SIGKILL: what it did not write is gone. */
  kill(): Promise<void>
  /** SIGSTOP and SIGCONT: connected, and silent. */
  freeze(isFrozen: boolean): void
}

/** A real redis-server in a folder of its own, on a unix socket. `keeps`: appends to a file, so that it remembers. */
export async function startRedis({ keeps }: { readonly keeps: boolean }): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-redis-'))
  const socket = join(folder, 'redis.sock')
  let child: ChildProcess | null = null
  const server: RedisServer = {
    url: `unix://${socket}`,
    async start() {
      if (child !== null) throw new Error('it runs already')
      const settings = { port: '0', unixsocket: socket, dir: folder, save: '', appendonly: keeps ? 'yes' : 'no' }
      const more = { appendfsync: 'everysec', daemonize: 'no' }
      const args = Object.entries({ ...settings, ...more }).flatMap(([name, value]) => [`--${name}`, value])
      child = spawn('redis-server', args, { stdio: 'ignore' })
      await until(() => answers(socket), 'Redis to answer')
    },
    async kill() {
      const dying = child
      child = null
      if (dying === null || dying.exitCode !== null) return
      const ended = new Promise((resolve) => dying.once('exit', resolve))
      dying.kill('SIGKILL')
      await ended
    },
    freeze: (isFrozen) => void child?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT'),
    async [Symbol.asyncDispose]() {
      await server.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await server.start()
  return server
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write('PING\r\n'))
    socket.setTimeout(1_000, () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      resolve(chunk.toString().startsWith('+PONG'))
      socket.destroy()
    })
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
  })
}
