import { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'

/** What Node gives the system a message with. Only what the system does not take at once makes use of it. */
interface WriteRequest {
  /** Called when the rest has gone, or will not. Below 0: why not. */
  oncomplete?: (status: number) => void
}

interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest
  /** What the call before has come to. */
  readonly streamBaseState: Int32Array
  readonly kLastWriteWasAsync: number
}

interface Handle {
  /** 0: taken, or on its way. Below 0: why nothing was taken. */
  writeLatin1String(request: WriteRequest, text: string): number
}

const binding = streamBinding()
/** One for all messages that leave at once: nearly all. */
let spare: WriteRequest | null = null

/** Whether this Node shows what `writeNow` needs. Where not, it writes as every socket does. */
export const WRITES_NOW = binding !== null

/**
 * A TCP connection that gives a message to the system without what Node's streams do for each: a request object, callbacks and
 * book-keeping, a thirtieth of a request's CPU (docs/decisions/0024). What the system does not take at once
 * waits in the stream, as if it had been written there.
 */
export class QuickSocket extends Socket {
  /** The message on its way is to be taken into the stream. */
  #begun: WriteRequest | null = null

  /**
   * Writes one character a byte, behind everything that was written before. False: the system has refused, nothing of the
   * message was taken, and the socket is destroyed.
   */
  writeNow(text: string): boolean {
    const { _handle: handle } = this as unknown as { _handle: Handle | null }
    const isFree = this.writableLength === 0 && this.writableCorked === 0 && !this.connecting && this.writable
    if (binding === null || handle === null || !isFree) {
      this.write(text, 'latin1')
      return true
    }
    const request = (spare ??= new binding.WriteWrap())
    const status = handle.writeLatin1String(request, text)
    if (status !== 0) {
      this.destroy(writeError(status))
      return false
    }
    if (binding.streamBaseState[binding.kLastWriteWasAsync] === 0) return true
    spare = null
    this.#begun = request
    this.write(text, 'latin1')
    // The stream would write it once more.
    if (this.#begun !== null) this.destroy(new Error('a message is on its way that its stream does not know'))
    return true
  }

  override _write(chunk: unknown, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const request = this.#begun
    if (request === null) return super._write(chunk, encoding, done)
    this.#begun = null
    request.oncomplete = (status) => done(status < 0 ? writeError(status) : null)
  }
}

/** The same on whatever connection, by its stream where it has nothing better. */
export function writeNow(socket: Socket, text: string): void {
  if (socket instanceof QuickSocket) socket.writeNow(text)
  else socket.write(text, 'latin1')
}

function writeError(status: number): Error {
  const code = getSystemErrorName(status)
  return Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: 'write' })
}

/** Null where this Node does not show it, or shows something else. */
function streamBinding(): StreamBinding | null {
  try {
    const { binding: open } = process as unknown as { binding: (name: string) => Partial<StreamBinding> }
    const { WriteWrap, streamBaseState, kLastWriteWasAsync } = open('stream_wrap')
    const isKnown = typeof WriteWrap === 'function' && streamBaseState instanceof Int32Array
    return isKnown && typeof kLastWriteWasAsync === 'number' ? { WriteWrap, streamBaseState, kLastWriteWasAsync } : null
  } catch {
    return null
  }
}
