import { closeSync, fstatSync } from 'node:fs'
import net from 'node:net'
import { getSystemErrorName } from 'node:util'
import { KeeperError } from './errors.ts'
import type { SocketState } from './protocol.ts'

export const SOCKETS_MAX = 64

/** A listening socket as it is handed on: a descriptor that the next process inherits. */
export interface HeldSocket extends SocketState {
  readonly fd: number
}

/**
 * Binding without accepting. `server.listen()` accepts as well, and a connection the keeper takes is one that no worker
 * answers; the public interface has nothing else. node:cluster is built on this same function, so that it stays.
 * listen(2) is the worker's: from then on the kernel queues connections as long as anybody holds the descriptor.
 */
interface ServerHandle {
  readonly fd: number
  getsockname(out: { port?: number }): number
  close(): void
}
type CreateServerHandle = (host: string, port: number, family: 4 | 6) => ServerHandle | number

interface Held {
  /** As asked for: 0 is any port. */
  readonly asked: number
  readonly socket: HeldSocket
  readonly close: () => void
}

/** The listening sockets the keeper holds, by name. */
export class Sockets {
  readonly #held = new Map<string, Held>()

  /** What was inherited from the keeper before, by way of a worker. What is no socket is left out. */
  adopt(sockets: readonly HeldSocket[]): void {
    for (const socket of sockets) {
      if (isSocket(socket.fd)) {
        this.#held.set(socket.name, { asked: socket.port, socket, close: () => closeSync(socket.fd) })
      }
    }
  }

  /** Opens a socket, or finds the one that is open. Another address under the same name replaces it. */
  listen({ name, host, port }: SocketState): SocketState {
    const known = this.#held.get(name)
    if (known && known.socket.host === host && (known.asked === port || known.socket.port === port))
      return stateOf(known)
    if (!known && this.#held.size >= SOCKETS_MAX)
      throw new KeeperError('keeper.full', `more than ${SOCKETS_MAX} sockets`)
    const held = open({ name, host, port })
    this.#held.set(name, held)
    known?.close()
    return stateOf(held)
  }

  close(name: string): void {
    this.#held.get(name)?.close()
    this.#held.delete(name)
  }

  has(name: string): boolean {
    return this.#held.has(name)
  }

  /** The descriptors of these sockets, in their order. */
  descriptors(names: readonly string[]): number[] {
    return names.map((name) => {
      const held = this.#held.get(name)
      if (!held) throw new KeeperError('keeper.unknown-socket', `no socket is called ${name}`)
      return held.socket.fd
    })
  }

  list(): SocketState[] {
    return [...this.#held.values()].map(stateOf)
  }
}

function open({ name, host, port }: SocketState): Held {
  const family = net.isIP(host)
  if (family !== 4 && family !== 6) {
    throw new KeeperError('keeper.bad-request', `listen on ${host}: expected an IP address`)
  }
  const create = (net as unknown as { readonly _createServerHandle: CreateServerHandle })._createServerHandle
  const handle = create(host, port, family)
  if (typeof handle === 'number') throw notListening(host, port, handle)
  // An address in use is only told by the first call after the bind.
  const out: { port?: number } = {}
  const failed = handle.getsockname(out)
  if (failed !== 0 || out.port === undefined) {
    handle.close()
    throw notListening(host, port, failed)
  }
  return {
    asked: port,
    socket: { name, host, port: out.port, fd: handle.fd },
    close: () => handle.close(),
  }
}

function notListening(host: string, port: number, errorNumber: number): KeeperError {
  return new KeeperError(
    'keeper.cannot-listen',
    `cannot listen on ${host} port ${port}: ${getSystemErrorName(errorNumber)}`,
  )
}

const stateOf = ({ socket: { name, host, port } }: Held): SocketState => ({ name, host, port })

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket()
  } catch {
    return false
  }
}

/** `name=3:127.0.0.1:8080,…`, the form in which a successor learns what it inherits. */
export function formatSockets(sockets: readonly HeldSocket[]): string {
  return sockets.map(({ name, fd, host, port }) => `${name}=${fd}:${host}:${port}`).join(',')
}

/** The reverse; an IPv6 host has colons of its own. */
export function parseSockets(text: string): HeldSocket[] {
  if (text === '') return []
  return text.split(',').map((part) => {
    const match = /^([^=]+)=(\d+):(.+):(\d+)$/.exec(part)
    const [, name, fd, host, port] = match ?? []
    if (!name || !host)
      throw new KeeperError('keeper.bad-arguments', `--sockets: expected name=fd:host:port, got "${part}"`)
    return { name, fd: Number(fd), host, port: Number(port) }
  })
}
