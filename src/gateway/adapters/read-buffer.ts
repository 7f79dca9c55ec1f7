import { Socket } from 'node:net'
import { QuickSocket } from './quick-socket.ts'

/** Bytes that one read takes at most. */
export const READ_BYTES = 64 * 1024

/**
 * Where every connection of this process reads to, until the bytes of one matter for longer: what it holds is valid until the reader
 * returns. On Linux a read happens in the same step as the call that tells of it (libuv reads when the system says that there is
 * something), so no two connections can be in it at once.
 */
export const SHARED_BUFFER: Buffer = Buffer.allocUnsafeSlow(READ_BYTES)

/** Picks the buffer of one connection's next read: the shared one, or one of its own while what it reads is kept. */
export class ReadBuffer {
  #own: Buffer | null = null
  #current = SHARED_BUFFER
  /** Some of the own buffer is still in use. */
  kept = false

  /** What was read last lies in the shared buffer, and must be copied by whoever keeps it. */
  get isShared(): boolean {
    return this.#current === SHARED_BUFFER
  }

  /** `own`: what comes may be kept. Null: the same as before. */
  next(own: boolean): Buffer | null {
    if (!own) return this.#take(SHARED_BUFFER)
    if (this.#own === null || this.kept) this.#own = Buffer.allocUnsafeSlow(READ_BYTES)
    this.kept = false
    return this.#take(this.#own)
  }

  /** What was read may be kept for longer: where it lies. */
  keep(bytes: Buffer): Buffer {
    if (this.isShared) return Buffer.from(bytes)
    this.kept = true
    return bytes
  }

  #take(buffer: Buffer): Buffer | null {
    if (buffer === this.#current) return null
    return (this.#current = buffer)
  }
}

/** `net.connect`'s option for reading without a stream; its types know no function for the buffer, which Node's documentation allows. */
export interface OnRead {
  /** For the next read; null: the same as before. Asked first when the socket is made, and must then give one. */
  buffer(): Buffer | null
  /** False: no more for now. */
  callback(count: number, buffer: Uint8Array): boolean
}

/**
 * The same for a connection that was accepted, for which Node has no such option: its handle gets another socket, made with it.
 * Null where that cannot be done, as with the inside of TLS: then it is read as a stream.
 */
export function acceptWith(accepted: Socket, onread: OnRead): QuickSocket | null {
  const holder = accepted as unknown as { _handle: { useUserBuffer?: unknown } | null }
  const handle = holder._handle
  if (accepted.constructor !== Socket || typeof handle?.useUserBuffer !== 'function') return null
  const options = { handle, onread, allowHalfOpen: true }
  const socket = new QuickSocket(options as unknown as ConstructorParameters<typeof Socket>[0])
  // It has nothing any more, and says so to its server, which counts it off.
  holder._handle = null
  accepted.destroy()
  return socket
}
