import { constants, createServer, type ServerHttp2Stream } from 'node:http2'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Connections at a time; the near end queues what is beyond. */
const STREAMS_MAX = 64
/** Tells the near end why there is no connection: the code of the system's error. */
export const BECAUSE = 'x-seaworthy-because'

/**
 * The end of a bridge beside control: HTTP/2 over one line, and every stream of it (a CONNECT) a connection of its own to the
 * unix socket. Nothing of what travels is looked at. Resolves when the line ends.
 * @param socket asked for each time: control may come later than this
 */
export function serveFarEnd(line: Duplex, socket: () => string): Promise<void> {
  const server = createServer({ settings: { maxConcurrentStreams: STREAMS_MAX } })
  server.on('stream', (stream: ServerHttp2Stream) => carry(stream, socket))
  // A line that breaks is its end, and nothing is left to be told to.
  server.on('sessionError', () => line.destroy())
  const ended = new Promise<void>((resolve) => line.once('close', resolve))
  server.emit('connection', line)
  return ended
}

function carry(stream: ServerHttp2Stream, socket: () => string): void {
  stream.on('error', () => {})
  const connection = new Socket()
  connection.once('connect', () => {
    stream.respond({ ':status': 200 })
    stream.pipe(connection).pipe(stream)
  })
  connection.once('error', (error) => {
    if (stream.headersSent) stream.close(constants.NGHTTP2_CONNECT_ERROR)
    else refuse(stream, error)
  })
  stream.once('close', () => connection.destroy())
  try {
    connection.connect(socket())
  } catch (error) {
    // There is no state folder (yet).
    connection.destroy(error as Error)
  }
}

function refuse(stream: ServerHttp2Stream, { code = 'ECONNREFUSED' }: NodeJS.ErrnoException): void {
  if (!stream.destroyed) stream.respond({ ':status': 502, [BECAUSE]: code }, { endStream: true })
}
