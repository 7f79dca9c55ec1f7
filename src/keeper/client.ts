import { once } from 'node:events'
import net from 'node:net'
import { KeeperError } from './errors.ts'
import { createLineSplitter } from './lines.ts'
import { socketPath } from './paths.ts'
import type { ChildSpec, ChildState, KeeperEvent, KeeperState, Reply, Request, SocketState } from './protocol.ts'

export const CONNECT_TIMEOUT_MS = 2_000
export const REQUEST_TIMEOUT_MS = 10_000

export interface ConnectOptions {
  /** @default 2000 */
  readonly connectTimeoutMs?: number
  /** How long one request may take. @default 10000 */
  readonly requestTimeoutMs?: number
}

export interface SignalRequest {
  readonly name: string
  readonly signal: NodeJS.Signals
  /** The child's whole process group. @default false */
  readonly group?: boolean
  /** Do not start it again when it ends. @default false */
  readonly final?: boolean
}

/** A connection to the keeper. Each method rejects with a KeeperError when refused, late, or cut off. */
export interface KeeperClient {
  listen(socket: SocketState): Promise<SocketState>
  unlisten(name: string): Promise<void>
  spawn(spec: ChildSpec): Promise<ChildState>
  signal(request: SignalRequest): Promise<void>
  list(): Promise<KeeperState>
  forget(name: string): Promise<void>
  /** Calls back for every change from now on: ask for events first, then list, and nothing is missed. */
  events(callback: (event: KeeperEvent) => void): Promise<void>
  /** Answered at once; the keeper is gone when `closed` resolves. */
  shutdown(graceMs: number): Promise<void>
  /** Resolves when the connection is over. `bye`: the keeper ended in order, so nobody is to start another. */
  readonly closed: Promise<{ readonly bye: boolean }>
  isOpen(): boolean
  close(): void
}

/** Connects to the keeper of a state folder. @throws KeeperError keeper.unreachable */
export async function connectKeeper(state: string, options: ConnectOptions = {}): Promise<KeeperClient> {
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options
  const socket = net.connect(pathOf(state))
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(connectTimeoutMs) })
  } catch (cause) {
    socket.destroy()
    throw new KeeperError('keeper.unreachable', `no keeper answers for ${state}`, { cause })
  }
  return createClient(socket, requestTimeoutMs)
}

function pathOf(state: string): string {
  try {
    return socketPath(state, 'keeper')
  } catch (cause) {
    throw new KeeperError('keeper.unreachable', `no keeper answers for ${state}`, { cause })
  }
}

interface Waiting {
  readonly resolve: (reply: Extract<Reply, { ok: true }>) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** A request as it is before it has a number. */
type Numberless = Request extends infer One ? (One extends Request ? Omit<One, 'id'> : never) : never

function createClient(socket: net.Socket, requestTimeoutMs: number): KeeperClient {
  const waiting = new Map<number, Waiting>()
  const callbacks: ((event: KeeperEvent) => void)[] = []
  let lastId = 0
  let bye = false

  const split = createLineSplitter((line) => {
    const message = JSON.parse(line) as Reply | KeeperEvent // from the keeper, whose word we take
    if ('event' in message) {
      bye ||= message.event === 'bye'
      for (const callback of callbacks) callback(message)
      return
    }
    const asked = waiting.get(message.id)
    if (!asked) return
    settle(message.id, asked)
    if (message.ok) asked.resolve(message)
    else asked.reject(new KeeperError(message.code, message.message))
  })

  function settle(id: number, { timer }: Waiting): void {
    clearTimeout(timer)
    waiting.delete(id)
  }

  socket.on('data', (chunk) => {
    if (!split(chunk)) socket.destroy()
  })
  socket.on('error', () => undefined)
  const closed = new Promise<{ readonly bye: boolean }>((resolve) => {
    socket.once('close', () => {
      for (const [id, asked] of waiting) {
        settle(id, asked)
        asked.reject(new KeeperError('keeper.connection-lost', 'the keeper went away before it answered'))
      }
      resolve({ bye })
    })
  })

  async function ask(request: Numberless): Promise<Extract<Reply, { ok: true }>> {
    if (!socket.writable) throw new KeeperError('keeper.connection-lost', 'the connection to the keeper is closed')
    const id = (lastId += 1)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id)
        reject(
          new KeeperError('keeper.timeout', `the keeper did not answer ${request.op} within ${requestTimeoutMs} ms`),
        )
      }, requestTimeoutMs)
      waiting.set(id, { resolve, reject, timer })
      socket.write(JSON.stringify({ id, ...request }) + '\n')
    })
  }

  return {
    listen: async (asked) => present((await ask({ op: 'listen', ...asked })).socket),
    unlisten: async (name) => void (await ask({ op: 'unlisten', name })),
    spawn: async (spec) => present((await ask({ op: 'spawn', spec })).child),
    signal: async (request) => void (await ask({ op: 'signal', ...request })),
    list: async () => present((await ask({ op: 'list' })).list),
    forget: async (name) => void (await ask({ op: 'forget', name })),
    async events(callback) {
      callbacks.push(callback)
      await ask({ op: 'events' })
    },
    shutdown: async (graceMs) => void (await ask({ op: 'shutdown', graceMs })),
    closed,
    isOpen: () => socket.writable,
    close: () => void socket.destroy(),
  }
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new KeeperError('keeper.failed', 'the answer of the keeper lacks what was asked for')
  return value
}
