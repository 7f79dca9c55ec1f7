/** HTTP/2 by hand: a client that sends whatever frames a test likes, also those that no decent client sends. */
import { shakeHands } from './tls-files.ts'

export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const
export const END_STREAM = 1
export const END_HEADERS = 4

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export interface FrameClient extends Disposable {
  /** All frames received so far. */
  readonly frames: readonly Frame[]
  readonly ended: boolean
  send(type: number, flags: number, stream: number, payload?: Buffer): void
  /** Reads nothing, and reads on. */
  pause(): void
  resume(): void
  /** The error code of the GOAWAY that came; null: none has. */
  goaway(): number | null
  /** The error code with which a stream was reset; null: it was not. */
  reset(stream: number): number | null
  /** Whether an answer's head came on a stream. */
  answered(stream: number): boolean
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** Connects and says hello; `settings` are pairs of an identifier and a value. */
export async function frameClient(port: number, settings: readonly [number, number][] = []): Promise<FrameClient> {
  const socket = await shakeHands(port, { ALPNProtocols: ['h2'] })
  const frames: Frame[] = []
  let rest = Buffer.alloc(0)
  let ended = false
  socket.on('error', () => {})
  socket.on('close', () => (ended = true))
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const length = rest.readUIntBE(0, 3)
      frames.push({
        type: rest[3]!,
        flags: rest[4]!,
        stream: rest.readUInt32BE(5) & 0x7fffffff,
        payload: rest.subarray(9, 9 + length),
      })
      rest = rest.subarray(9 + length)
    }
  })
  const values = Buffer.concat(settings.map(([id, value]) => numbers([id, 2], [value, 4])))
  socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0, values)]))
  const last = (type: number, stream: number): Frame | undefined =>
    frames.findLast((each) => each.type === type && each.stream === stream)
  return {
    frames,
    get ended() {
      return ended
    },
    send: (type, flags, stream, payload) => void (socket.writable && socket.write(frame(type, flags, stream, payload))),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    goaway: () => last(FRAME.goaway, 0)?.payload.readUInt32BE(4) ?? null,
    reset: (stream) => last(FRAME.reset, stream)?.payload.readUInt32BE(0) ?? null,
    answered: (stream) => last(FRAME.headers, stream) !== undefined,
    [Symbol.dispose]: () => socket.destroy(),
  }
}

/** A head as literals: nothing is compressed, and nothing is remembered (RFC 7541 §6.2.2). */
export function literals(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
}

export const GET = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/'],
  [':authority', 'example.test'],
] as const

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([numbers([payload.length, 3], [type, 1], [flags, 1], [stream, 4]), payload])
}

function numbers(...parts: readonly [value: number, bytes: number][]): Buffer {
  return Buffer.concat(
    parts.map(([value, bytes]) => {
      const buffer = Buffer.alloc(bytes)
      buffer.writeUIntBE(value, 0, bytes)
      return buffer
    }),
  )
}

/** A length of 7 bits, or more in further bytes (RFC 7541 §5.1), then the text as it is. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes])
  const length = [127]
  let left = bytes.length - 127
  for (; left >= 128; left = left >> 7) length.push((left & 127) | 128)
  return Buffer.concat([Buffer.from([...length, left]), bytes])
}
