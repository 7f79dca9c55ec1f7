/**
 * The four questions of Kafka's protocol by which a client comes in, in the oldest form that every server from 1.0 on knows:
 * https://kafka.apache.org/protocol. Numbers are big-endian; what has a length says it first.
 */
const API = { metadata: 3, saslHandshake: 17, apiVersions: 18, saslAuthenticate: 36 } as const
const CLIENT = 'seaworthy'
/** The server's words for why a login failed. */
const REASON_MAX = 200

/** A request, without its number. */
export interface Question<Answer> {
  readonly key: number
  readonly version: number
  readonly body: Uint8Array
  /** Reads what follows the number of an answer. @throws Error in the server's own words */
  read(answer: Reader): Answer
}

/** Which versions of a request a server takes. */
export interface Range {
  readonly min: number
  readonly max: number
}

export interface Broker {
  readonly id: number
  readonly host: string
  readonly port: number
}

/** Asked first of all, before any login: what the server takes, by key. */
export const apiVersions: Question<ReadonlyMap<number, Range>> = {
  key: API.apiVersions,
  version: 0,
  body: new Uint8Array(),
  read(answer) {
    must(answer.int16(), 'to say what it takes')
    return new Map(answer.list(() => [answer.int16(), { min: answer.int16(), max: answer.int16() }] as const))
  },
}

export const saslHandshake: Question<void> = {
  key: API.saslHandshake,
  version: 1,
  body: text('PLAIN'),
  read(answer) {
    const code = answer.int16()
    const mechanisms = answer.list(() => answer.text() ?? '')
    if (code !== 0) throw new Error(`it takes no password: its mechanisms are ${mechanisms.join(', ') || 'none'}`)
  },
}

export function saslAuthenticate(user: string, password: string): Question<void> {
  const login = Buffer.from(`\0${user}\0${password}`)
  return {
    key: API.saslAuthenticate,
    version: 0,
    body: Buffer.concat([int32(login.length), login]),
    read(answer) {
      const code = answer.int16()
      const reason = answer.text()?.slice(0, REASON_MAX)
      if (code !== 0) throw new Error(`it does not let us in: ${reason || `error ${code}`}`)
    },
  }
}

/** Of no topic: who the brokers are, and whether somebody leads them. */
export const metadata: Question<{ readonly brokers: readonly Broker[]; readonly controller: number }> = {
  key: API.metadata,
  version: 1,
  body: int32(0),
  read(answer) {
    const brokers = answer.list((): Broker => {
      const broker = { id: answer.int32(), host: answer.text() ?? '', port: answer.int32() }
      // The rack.
      answer.text()
      return broker
    })
    return { brokers, controller: answer.int32() }
  },
}

/** A whole request, as it is sent. */
export function frame({ key, version, body }: Question<unknown>, number: number): Uint8Array {
  const head = Buffer.alloc(8)
  head.writeInt16BE(key, 0)
  head.writeInt16BE(version, 2)
  head.writeInt32BE(number, 4)
  const rest = Buffer.concat([head, text(CLIENT), body])
  return Buffer.concat([int32(rest.length), rest])
}

/** Reads an answer's bytes one after the other, and never past their end. */
export class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#next(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#next(4))
  }

  /** Null where the length says so. */
  text(): string | null {
    const length = this.int16()
    if (length < 0) return null
    const from = this.#next(length)
    return this.#bytes.toString('utf8', from, from + length)
  }

  /** A null list has nothing in it. Each entry takes bytes, so a length that lies ends with them. */
  list<Entry>(read: () => Entry): readonly Entry[] {
    const count = this.int32()
    const entries: Entry[] = []
    while (entries.length < count) entries.push(read())
    return entries
  }

  #next(length: number): number {
    const from = this.#at
    if (from + length > this.#bytes.length) throw new Error('its answer ends too early: this is no Kafka')
    this.#at += length
    return from
  }
}

function must(code: number, what: string): void {
  if (code !== 0) throw new Error(`it refuses ${what}: error ${code}`)
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(2)
  length.writeInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}
