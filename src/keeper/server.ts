import { chmodSync } from 'node:fs'
import net from 'node:net'
import { KeeperError } from './errors.ts'
import { createLineSplitter } from './lines.ts'
import { note } from './note.ts'
import { parseRequest } from './requests.ts'
import type { KeeperEvent, Reply, Request } from './protocol.ts'

export const CONNECTIONS_MAX = 128
/** A connection that reads nothing is cut once this much waits for it. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024

export interface Server {
  readonly emit: (event: KeeperEvent) => void
  readonly close: () => void
}

export type Answer = Omit<Extract<Reply, { ok: true }>, 'id' | 'ok'>

/** Serves the protocol on the unix socket `path`. A line that is no request is refused; none ends the keeper. */
export async function serve(path: string, answer: (request: Request) => Promise<Answer>): Promise<Server> {
  const connections = new Set<net.Socket>()
  const listeners = new Set<net.Socket>()
  let ended = false

  const server = net.createServer((socket) => {
    connections.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      connections.delete(socket)
      listeners.delete(socket)
    })
    const split = createLineSplitter((line) => void reply(line, socket))
    socket.on('data', (chunk) => {
      if (split(chunk)) return
      send(socket, { id: -1, ok: false, code: 'keeper.bad-request', message: 'the line is too long' })
      socket.destroySoon()
    })
    if (ended) send(socket, { event: 'bye' })
  })

  async function reply(line: string, socket: net.Socket): Promise<void> {
    let id = -1
    try {
      const value: unknown = parseJson(line)
      id = idOf(value)
      const request = parseRequest(value)
      const found = await answer(request)
      if (request.op === 'events') listeners.add(socket)
      send(socket, { id, ok: true, ...found })
    } catch (error) {
      if (!(error instanceof KeeperError)) note('error', 'a request failed', { error: String(error) })
      const code = error instanceof KeeperError ? error.code : 'keeper.failed'
      send(socket, { id, ok: false, code, message: error instanceof Error ? error.message : String(error) })
    }
  }

  server.maxConnections = CONNECTIONS_MAX
  await listenPrivately(server, path)
  server.on('error', (error) => note('error', 'the control socket failed', { error: String(error) }))

  return {
    emit(event) {
      ended ||= event.event === 'bye'
      for (const socket of event.event === 'bye' ? connections : listeners) send(socket, event)
    },
    close() {
      server.close()
      for (const socket of connections) socket.destroySoon()
    },
  }
}

/** Whoever may open the socket may run programs as us: it is private from its first moment on. */
async function listenPrivately(server: net.Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
  })
  const umask = process.umask(0o077)
  server.listen(path)
  process.umask(umask)
  await listening
  chmodSync(path, 0o600)
}

function send(socket: net.Socket, message: Reply | KeeperEvent): void {
  if (!socket.writable) return
  socket.write(JSON.stringify(message) + '\n')
  if (socket.writableLength > WAITING_BYTES_MAX) socket.destroy()
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new KeeperError('keeper.bad-request', 'the line is not JSON')
  }
}

function idOf(value: unknown): number {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
  return typeof id === 'number' ? id : -1
}
