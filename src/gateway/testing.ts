/** Makers for the gateway's own tests: real servers on port 0, folders that go away. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { connect, createServer as createNetServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { isRunning } from './admin/is-running.ts'
import { runWorker } from './run-worker.ts'
import type { RunningWorker } from './run-worker.ts'
import { saveTable } from './table-store.ts'
import type { Backend, HealthCheck, RoutingTable, Upstream } from './table.ts'

export interface TestUpstream extends AsyncDisposable {
  readonly server: Server
  readonly upstream: Upstream
  readonly requests: IncomingMessage[]
}

/** A server that answers `release` to everything unless it is given a handler. */
export async function startUpstream(release = '1', handler?: RequestListener): Promise<TestUpstream> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    if (handler !== undefined) return handler(request, response)
    request.resume()
    response.end(release)
  })
  const port = await listening(server)
  return {
    server,
    requests,
    upstream: { id: `api@${release}-${port}`, host: '127.0.0.1', port, release },
    [Symbol.asyncDispose]: () => closed(server),
  }
}

export const QUIET_HEALTH: HealthCheck = {
  path: null,
  expect: { status: null, body: null },
  intervalMs: 60_000,
  timeoutMs: 1_000,
  passes: 1,
  failures: 3,
}

let version = 0

/** A table with one service `api` on '/', or whatever `parts` says instead. Each has a higher version than the one before. */
export function tableOf(upstreams: readonly Upstream[], parts: Partial<RoutingTable> = {}): RoutingTable {
  version += 1
  const backend: Backend = { kind: 'upstreams', upstreams, health: QUIET_HEALTH }
  return {
    version,
    token: 1,
    release: upstreams[0]?.release ?? '1',
    services: { api: backend },
    routes: [{ host: null, path: '/', service: 'api' }],
    options: [],
    timeouts: { connectMs: 1_000, firstByteMs: 5_000, requestMs: 5_000, idleMs: 5_000, websocketIdleMs: 10_000 },
    bodyBytesMax: 1024 * 1024,
    trustedProxies: [],
    accessLog: false,
    canary: null,
    pause: null,
    ...parts,
  }
}

export interface TestGateway extends AsyncDisposable {
  readonly url: string
  /** 0: no HTTPS. */
  readonly tlsPort: number
  readonly port: number
  readonly state: string
  readonly worker: RunningWorker
  /** What was written to the log so far, one object a line. */
  lines(): Record<string, unknown>[]
}

/** One worker in this process. Null: without a saved table. */
export async function startGateway(
  table: RoutingTable | null,
  { retireMs = 200, tls = false } = {},
): Promise<TestGateway> {
  const state = throwawayFolder()
  if (table !== null) saveTable(state, table)
  const log = join(state, 'output.log')
  const output = openSync(log, 'a')
  const worker = await runWorker({
    state,
    worker: 1,
    adminSocket: join(state, 'gateway.sock'),
    listen: { host: '127.0.0.1', port: 0 },
    listenTls: tls ? { host: '127.0.0.1', port: 0 } : null,
    outputDescriptor: output,
    retireMs,
  })
  let retired: Promise<void> | null = null
  const once: RunningWorker = { ...worker, retire: () => (retired ??= worker.retire()) }
  return {
    url: `http://127.0.0.1:${worker.address.port}`,
    port: worker.address.port,
    tlsPort: worker.tlsAddress?.port ?? 0,
    state,
    worker: once,
    lines: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        // Behind the last line's end stands nothing, or the beginning of one that is being written.
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    async [Symbol.asyncDispose]() {
      await once.retire()
      closeSync(output)
      rmSync(state, { recursive: true, force: true })
    },
  }
}

export interface WorkerProcesses extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly state: string
  /** Starts worker `number` on the shared socket; resolves with its pid. */
  start(number: number): Promise<{ worker: number; pid: number; startedAt: number }>
  kill(pid: number, signal: NodeJS.Signals): void
  running(pid: number): boolean
}

/** Real worker processes that inherit one listening socket, as the keeper's children do. */
export async function holdWorkers({ retireMs = 3_000 } = {}): Promise<WorkerProcesses> {
  const state = throwawayFolder()
  const opener = createNetServer()
  const port = await listening(opener)
  // Node tells the number nowhere else.
  const descriptor = (opener as unknown as { _handle: { fd: number } })._handle.fd
  // A shell never accepts: it keeps descriptor 3 open and starts whatever it is told, as the keeper would.
  const holder: ChildProcess = spawn('sh', ['-s'], { stdio: ['pipe', 'pipe', 'inherit', descriptor] })
  await new Promise<void>((resolve) => opener.close(() => resolve()))
  const answers = createInterface({ input: holder.stdout! })[Symbol.asyncIterator]()
  const pids = new Set<number>()
  const entry = join(import.meta.dirname, 'worker.ts')
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    state,
    async start(worker) {
      const command = `'${process.execPath}' '${entry}' --state '${state}' --worker ${worker} --unsupervised --retire-ms ${retireMs}`
      holder.stdin!.write(`${command} </dev/null >>'${state}/gateway-${worker}.log' 2>&1 & echo $!\n`)
      const pid = Number((await answers.next()).value)
      pids.add(pid)
      return { worker, pid, startedAt: Date.now() }
    },
    kill: (pid, signal) => void (isRunning(pid) && process.kill(pid, signal)),
    running: isRunning,
    async [Symbol.asyncDispose]() {
      for (const pid of pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL')
      await until(() => [...pids].every((pid) => !isRunning(pid)))
      const ended = new Promise((resolve) => holder.once('close', resolve))
      holder.stdin!.end()
      await ended
      rmSync(state, { recursive: true, force: true })
    },
  }
}

/** Polls until `condition` holds; throws after `withinMs`. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`still not true after ${withinMs} ms: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export interface RawConnection extends Disposable {
  readonly socket: Socket
  /** Everything received so far. */
  readonly received: Buffer
  readonly text: string
  readonly ended: boolean
}

/** A connection on which a test writes bytes as it likes. */
export function rawConnection(port: number, firstBytes: string | Buffer = ''): RawConnection {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let received = Buffer.alloc(0)
  let ended = false
  socket.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])))
  socket.on('end', () => (ended = true))
  socket.on('close', () => (ended = true))
  socket.on('error', () => {})
  if (firstBytes.length > 0) socket.write(firstBytes)
  return {
    socket,
    get received() {
      return received
    },
    get text() {
      return received.toString('latin1')
    },
    get ended() {
      return ended
    },
    [Symbol.dispose]: () => socket.destroy(),
  }
}

/** The status of the answer to a request whose body is sent only once the gateway asks for it. `head` without its last line. */
export async function statusInTwo(port: number, head: string, body: string): Promise<string> {
  using client = rawConnection(port, `${head}Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`)
  await until(() => client.text.includes('\r\n\r\n'))
  const goesOn = client.text.startsWith('HTTP/1.1 100 ')
  if (goesOn) client.socket.write(body)
  const answer = (): RegExpExecArray | null => /(?:^|\r\n\r\n)HTTP\/1\.1 ([2-5]\d\d) /.exec(client.text)
  await until(() => answer() !== null)
  return answer()![1]!
}

/** A folder below the system's temporary one; whoever asks removes it. */
export function throwawayFolder(): string {
  return mkdtempSync(join(tmpdir(), 'seaworthy-gateway-'))
}

export function listening(server: {
  listen(port: number, host: string, done: () => void): unknown
  address(): unknown
}): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
