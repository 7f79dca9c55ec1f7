/** Node's own strict parser as a reference, through the public servers and clients of node:http and without a network. */
import { createServer, request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingMessage, Server } from 'node:http'
import { Duplex } from 'node:stream'
import type { Asked } from '../../../src/http1/index.ts'
import type { Read, Reading } from './reading.ts'

type Open = { -readonly [Key in keyof Read]: Read[Key] }

/** Larger than any limit of ours, so that ours alone decide about size. */
const HEAD_BYTES_MAX = 256 * 1024

export interface NodeServer {
  /** What Node's server reads from these bytes. */
  read(bytes: Buffer): Promise<Reading>
}

export function createNodeServer(): NodeServer {
  const readings = new Map<Duplex, { messages: Open[]; end: string }>()
  const server: Server = createServer({
    insecureHTTPParser: false,
    maxHeaderSize: HEAD_BYTES_MAX,
    requireHostHeader: false,
    // Never written to: every answer would only wait for the one before it.
  })
  const take = (request: IncomingMessage): void => {
    const reading = readings.get(request.socket)
    if (reading === undefined) return
    const message = messageOf(request, `${request.method} ${request.url}`)
    reading.messages.push(message)
    collect(request, message)
  }
  server.on('request', take)
  server.on('checkContinue', take)
  server.on('checkExpectation', take)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const reading = readings.get(socket)
    if (reading !== undefined) reading.end = error.code ?? error.message
  })
  return {
    async read(bytes) {
      const socket = new Silent()
      const reading = { messages: [] as Open[], end: 'open' }
      readings.set(socket, reading)
      server.emit('connection', socket)
      await turn()
      socket.push(bytes)
      await settled()
      readings.delete(socket)
      socket.destroy()
      return reading
    },
  }
}

/** What Node's client reads from these bytes, the connection ending behind them. */
export async function readAnswerWithNode(bytes: Buffer, { method, websocket }: Asked): Promise<Reading> {
  const socket = new Silent()
  const messages: Open[] = []
  let end = 'open'
  const request: ClientRequest = httpRequest({
    createConnection: () => socket,
    method,
    insecureHTTPParser: false,
    maxHeaderSize: HEAD_BYTES_MAX,
    headers: websocket ? { Connection: 'Upgrade', Upgrade: 'websocket' } : {},
  })
  request.on('information', ({ statusCode, httpVersion, rawHeaders }) => {
    messages.push({ first: String(statusCode), version: httpVersion, fields: rawHeaders, body: '', complete: true })
  })
  request.on('upgrade', (response) => {
    messages.push({ ...messageOf(response, String(response.statusCode)), complete: true })
    end = 'closed'
  })
  request.on('response', (response) => {
    const message = messageOf(response, String(response.statusCode))
    messages.push(message)
    response.on('error', () => {})
    collect(response, message)
  })
  request.on('error', (error: NodeJS.ErrnoException) => {
    end = error.code ?? error.message
  })
  request.end()
  await turn()
  socket.push(bytes)
  await settled()
  socket.push(null)
  await settled()
  request.destroy()
  socket.destroy()
  return { messages, end }
}

function messageOf(message: IncomingMessage, first: string): Open {
  return { first, version: message.httpVersion, fields: message.rawHeaders, body: '', complete: false }
}

function collect(message: IncomingMessage, into: Open): void {
  message.on('data', (chunk: Buffer) => (into.body += chunk.toString('latin1')))
  message.on('end', () => (into.complete = message.complete))
}

/** A connection whose other end takes whatever is written to it, and says only what is pushed. */
class Silent extends Duplex {
  constructor() {
    super({ allowHalfOpen: true })
    this.on('error', () => {})
  }

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done()
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Nothing waits for the world here, so a few turns of the loop bring everything that will ever come. */
async function settled(): Promise<void> {
  for (let index = 0; index < 3; index++) await turn()
}
