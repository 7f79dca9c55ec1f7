import { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'

/** What a socket writes through, as far as it is known here. */
interface Handle {
  /** 0, or the system's error, below 0. What the system does not take at once, the handle sends later. */
  writeLatin1String?(order: WriteOrder, text: string): number
  /** Bytes that the system has not taken yet. */
  readonly writeQueueSize?: number
}

/** What Node makes of each write. One that was done at once can be used again. */
interface WriteOrder {
  handle: Handle | null
  oncomplete: ((status: number) => void) | null
  async: boolean
}

let Order: (new () => WriteOrder) | null = null
let isLearning = true
let spare: WriteOrder | null = null

/**
 * Writes a small whole message, one character a byte, behind all that was written before. False: the system has not taken all
 * of it yet. The writable stream in between, which a sixth of what a request allocates belongs to, is used where something
 * waits to be written, and for TLS. Node has no public name for this: where a socket is not what is expected, it is written
 * to as a stream (docs/decisions/0024).
 */
export function writeDirectly(socket: Socket, text: string): boolean {
  // Inside TLS a message is never written at once, whatever its handle says of what waits.
  if (socket.constructor !== Socket) return writeAsStream(socket, text)
  const handle = (socket as unknown as { _handle?: Handle | null })._handle ?? null
  const isFree = handle !== null && handle.writeQueueSize === 0 && socket.writableLength === 0 && socket.writable
  if (!isFree || socket.connecting || socket.writableCorked !== 0) return writeAsStream(socket, text)
  if (Order === null) return learn(socket, handle, text)
  const order = spare ?? new Order()
  spare = null
  order.handle = handle
  order.async = false
  const error = handle.writeLatin1String!(order, text)
  if (error !== 0) return fail(socket, error)
  if (handle.writeQueueSize === 0) {
    order.handle = null
    spare = order
    return true
  }
  order.async = true
  order.oncomplete = (status) => {
    if (status < 0) fail(socket, status)
  }
  return false
}

function fail(socket: Socket, status: number): false {
  const code = getSystemErrorName(status)
  socket.destroy(Object.assign(new Error(`write ${code}`), { code, syscall: 'write' }))
  return false
}

function writeAsStream(socket: Socket, text: string): boolean {
  socket.write(text, 'latin1')
  return socket.writableLength === 0 && !socket.destroyed
}

/** The first message goes through the stream, and shows what Node makes for it. */
function learn(socket: Socket, handle: Handle, text: string): boolean {
  if (!isLearning || typeof handle.writeLatin1String !== 'function') return writeAsStream(socket, text)
  isLearning = false
  const write = handle.writeLatin1String.bind(handle)
  handle.writeLatin1String = function (order, data) {
    Order = order.constructor as typeof Order
    return write(order, data)
  }
  const isWritten = writeAsStream(socket, text)
  delete handle.writeLatin1String
  return isWritten
}
