/** An upstream that writes exactly what it is told, whatever that is. */
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { listening } from '../../../src/gateway/testing.ts'
import type { Upstream } from '../../../src/gateway/table.ts'

export interface RawUpstream extends AsyncDisposable {
  readonly upstream: Upstream
  /** The number of the connection on which this path was asked for last. */
  connectionOf(path: string): number | undefined
  /** Requests for this path get these bytes, and perhaps the connection's end; any other gets a sound answer with its path. */
  will(path: string, answer: { readonly text: string; readonly close: boolean }): void
}

export async function startRawUpstream(): Promise<RawUpstream> {
  const wanted = new Map<string, { readonly text: string; readonly close: boolean }>()
  const sockets = new Set<Socket>()
  const connections = new Map<string, number>()
  let opened = 0
  const server = createServer((socket) => {
    let text = ''
    const number = ++opened
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      let answers = ''
      let close = false
      // It knows no bodies: what follows a head is the next one.
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        const path = text.split(' ', 2)[1]!
        text = text.slice(end + 4)
        connections.set(path, number)
        const answer = wanted.get(path)
        answers += answer?.text ?? `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`
        close ||= answer?.close === true
      }
      // In one piece: an answer too many that comes after the next request is nobody's fault but its sender's, and found by no proxy.
      socket.write(answers, 'latin1')
      if (close) socket.end()
    })
  })
  const port = await listening(server)
  return {
    upstream: { id: `api@raw-${port}`, host: '127.0.0.1', port, release: 'raw' },
    connectionOf: (path) => connections.get(path),
    will: (path, answer) => void wanted.set(path, answer),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
