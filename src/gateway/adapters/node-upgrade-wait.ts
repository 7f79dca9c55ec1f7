import type { Duplex } from 'node:stream'

/**
 * Sees the end of a connection whose upgrade is not answered yet. Node has let go of it and nobody reads it, so that a client
 * that leaves would go unnoticed. What the client sends meanwhile stays in the stream, within its buffer. Returns what ends
 * the watch; call it before reading.
 */
export function noticeEnd(socket: Duplex): () => void {
  const look = (): void => {
    // Reading nothing makes a stream that has ended say so, and takes no byte.
    socket.read(0)
  }
  const leave = (): void => void socket.destroy()
  socket.on('readable', look)
  socket.once('end', leave)
  socket.read(0)
  return () => {
    socket.off('readable', look)
    socket.off('end', leave)
  }
}
