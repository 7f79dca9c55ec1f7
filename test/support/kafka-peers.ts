import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** librdkafka's mock of a cluster, which keeps everything in memory and knows no accounts. Dispose of it. */
export async function startMockKafka(): Promise<AsyncDisposable & { readonly port: number; end(): Promise<void> }> {
  const words = ['-b', 'localhost:1', '-X', 'test.mock.num.brokers=1', '-C', '-t', 'nothing']
  const child = spawn('kcat', words, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  const end = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  // 'replaced with 127.0.0.1:35289'
  for await (const line of createInterface(child.stderr)) {
    const port = /replaced with 127\.0\.0\.1:(\d+)/.exec(line)?.[1]
    if (port === undefined) continue
    child.stderr.resume()
    return { port: Number(port), end, [Symbol.asyncDispose]: end }
  }
  throw new Error('this test needs kcat: sudo apt-get install kcat')
}

export interface KafkaAccount {
  readonly user: string
  readonly password: string
}

/** What the server does otherwise than one that is well. */
export interface KafkaFault {
  /** It takes no password, only this. */
  readonly mechanism?: string
  /** Nobody leads it yet. */
  readonly hasNoBroker?: boolean
}

/** Where it listens, and what it tells clients. */
export interface KafkaPlace {
  readonly listens: string
  /** 0: one that is free. */
  readonly port: number
  readonly advertised: string
}

const HERE: KafkaPlace = { listens: '127.0.0.1', port: 0, advertised: '127.0.0.1' }
const [METADATA, HANDSHAKE, VERSIONS, AUTHENTICATE] = [3, 17, 18, 36]
const UNSUPPORTED_VERSION = 35
const NOT_LET_IN = 58

/**
 * A server that asks for an account before it answers, which the mock cannot. That it speaks as a Kafka does is proven by a client
 * of other makers: kafka-client.test.ts has kcat come in by it.
 */
export async function startKafkaWithLogin(
  account: KafkaAccount,
  fault: KafkaFault = {},
  { listens, port, advertised }: KafkaPlace = HERE,
): Promise<AsyncDisposable & { readonly port: number; readonly asked: readonly string[] }> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let read = Buffer.alloc(0)
    const state = { isIn: false, port: (server.address() as AddressInfo).port, advertised }
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      read = Buffer.concat([read, chunk])
      while (read.length >= 4 && read.length >= 4 + read.readInt32BE()) {
        const end = 4 + read.readInt32BE()
        const body = answerTo(read.subarray(4, end), { account, fault, state, asked })
        read = read.subarray(end)
        if (body === null) return void socket.destroy()
        socket.write(Buffer.concat([int32(body.length), body]))
      }
    })
  })
  server.listen(port, listens)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Talk {
  readonly account: KafkaAccount
  readonly fault: KafkaFault
  readonly state: { isIn: boolean; readonly port: number; readonly advertised: string }
  readonly asked: string[]
}

/** Null: it hangs up, as a Kafka does on whoever asks for more before it has come in. */
function answerTo(request: Buffer, { account, fault, state, asked }: Talk): Buffer | null {
  const [key, version, number] = [request.readInt16BE(0), request.readInt16BE(2), request.readInt32BE(4)]
  const body = request.subarray(10 + Math.max(0, request.readInt16BE(8)))
  const say = (...parts: readonly Buffer[]): Buffer => Buffer.concat([int32(number), ...parts])
  asked.push(`${key}v${version}`)
  if (key === VERSIONS) {
    const takes = [
      [METADATA, 0, 1],
      [HANDSHAKE, 0, 1],
      [VERSIONS, 0, 0],
      [AUTHENTICATE, 0, 0],
    ].map(([api, min, max]) => Buffer.concat([int16(api!), int16(min!), int16(max!)]))
    return say(int16(version === 0 ? 0 : UNSUPPORTED_VERSION), int32(takes.length), ...takes)
  }
  if (key === HANDSHAKE) {
    const { mechanism = 'PLAIN' } = fault
    return say(int16(mechanism === 'PLAIN' ? 0 : 33), int32(1), text(mechanism))
  }
  if (key === AUTHENTICATE) {
    state.isIn = body.subarray(4).equals(Buffer.from(`\0${account.user}\0${account.password}`))
    const refused = 'Authentication failed: Invalid username or password'
    return say(int16(state.isIn ? 0 : NOT_LET_IN), state.isIn ? int16(-1) : text(refused), int32(0))
  }
  if (!state.isIn) return null
  const broker = Buffer.concat([int32(1), text(state.advertised), int32(state.port), int16(-1)])
  const brokers = fault.hasNoBroker === true ? [int32(0)] : [int32(1), broker]
  return say(...brokers, int32(fault.hasNoBroker === true ? -1 : 1), int32(0))
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function text(value: string): Buffer {
  return Buffer.concat([int16(value.length), Buffer.from(value)])
}
