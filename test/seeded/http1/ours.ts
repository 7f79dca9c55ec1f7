/** Streams through our readers, cut at random byte boundaries. */
import { bodyOf, dataOf, RequestHead, RequestReader, ResponseHead, ResponseReader } from '../../../src/http1/index.ts'
import type { Asked, BodyReader, Refusal } from '../../../src/http1/index.ts'
import type { Random } from '../random.ts'
import type { Read, Reading } from './reading.ts'

type Open = { -readonly [Key in keyof Read]: Read[Key] }

/** One that has read other streams before, in the one buffer that all are read into: as on a connection. */
const used = { reader: new RequestReader(), head: new RequestHead(), buffer: Buffer.alloc(1 << 20) }
const usedForAnswers = { reader: new ResponseReader(), head: new ResponseHead(), buffer: used.buffer }
used.reader.own(used.head, used.buffer)
usedForAnswers.reader.own(usedForAnswers.head, used.buffer)

/** Reads requests until the stream ends, is refused, or a message ends its connection. */
export function readRequests(bytes: Buffer, random: Random): Reading {
  if (random.below(2) === 0) return requestsBy({ reader: new RequestReader(), head: new RequestHead() }, bytes, random)
  // Twice, so that what was read last is what comes next.
  requestsBy(used, bytes, random)
  return requestsBy(used, bytes, random)
}

interface Reads<Reader, Head> {
  readonly reader: Reader
  readonly head: Head
  /** Every piece is read out of it; otherwise each out of one of its own. */
  readonly buffer?: Buffer
}

function requestsBy(
  { reader, head, buffer }: Reads<RequestReader, RequestHead>,
  bytes: Buffer,
  random: Random,
): Reading {
  reader.reset()
  const stream = new Stream()
  for (const part of cut(bytes, random)) {
    const [piece, to] = placed(part, buffer)
    let at = 0
    while (at < to) {
      if (stream.body !== null) at = stream.read(piece, at, to)
      else {
        const before = at
        at = reader.push(piece, at, to, head)
        if (reader.refusal !== null) return stream.ended(reader.refusal)
        if (at === -1) break
        if (at <= before) throw new Error('the reader stands still')
        const target = head.text.split(' ', 2)[1]!
        // The empty line before a request line is not part of it.
        stream.begin(
          { first: `${head.method} ${target}`, version: versionOf(head.version), fields: head.pairs() },
          head,
        )
      }
      if (stream.fault !== null) return stream.ended(stream.fault)
      if (stream.body === null && (!head.keepAlive || asksUpgrade(head)))
        return { messages: stream.messages, end: 'closed' }
    }
  }
  return { messages: stream.messages, end: 'open' }
}

/** Reads one answer, with those before it, as far as the stream goes; the connection ends behind it. */
export function readAnswer(bytes: Buffer, random: Random, asked: Asked): Reading {
  const fresh = { reader: new ResponseReader(), head: new ResponseHead() }
  if (random.below(2) === 0) return answerBy(fresh, bytes, { random, asked })
  answerBy(usedForAnswers, bytes, { random, asked })
  return answerBy(usedForAnswers, bytes, { random, asked })
}

function answerBy(
  { reader, head, buffer }: Reads<ResponseReader, ResponseHead>,
  bytes: Buffer,
  { random, asked }: { readonly random: Random; readonly asked: Asked },
): Reading {
  reader.reset()
  const stream = new Stream()
  for (const part of cut(bytes, random)) {
    const [piece, to] = placed(part, buffer)
    let at = 0
    while (at < to) {
      if (stream.body !== null) at = stream.read(piece, at, to)
      else {
        at = reader.push(piece, at, to, head, asked)
        if (reader.refusal !== null) return stream.ended(reader.refusal)
        if (at === -1) break
        stream.begin({ first: String(head.status), version: versionOf(head.version), fields: head.pairs() }, head)
        if (head.interim) continue
      }
      if (stream.fault !== null) return stream.ended(stream.fault)
      if (stream.body === null) return { messages: stream.messages, end: 'closed' }
    }
  }
  if (stream.body !== null && head.framing === 'close') stream.endsHere()
  return { messages: stream.messages, end: 'open' }
}

/** Node's parser takes what follows such a request for another protocol, even where its server then goes on with HTTP. */
function asksUpgrade(head: RequestHead): boolean {
  return head.get('upgrade') !== undefined && /\bupgrade\b/i.test(head.all('connection').join())
}

/** Collects the messages of one stream. */
class Stream {
  readonly messages: Open[] = []
  body: BodyReader | null = null
  fault: Refusal | null = null

  begin(facts: Pick<Read, 'first' | 'version' | 'fields'>, head: RequestHead | ResponseHead): void {
    this.body = bodyOf(head)
    this.messages.push({ ...facts, body: '', complete: this.body === null })
  }

  read(piece: Buffer, from: number, to: number): number {
    const body = this.body!
    const at = body.push(piece, from, to)
    if (at <= from && body.fault === null) throw new Error('the body stands still')
    const message = this.messages.at(-1)!
    message.body += dataOf(piece, body).toString('latin1')
    this.fault = body.fault
    if (body.done) this.endsHere()
    return at
  }

  endsHere(): void {
    this.messages.at(-1)!.complete = true
    this.body = null
  }

  ended(refusal: Refusal): Reading {
    return { messages: this.messages, end: refusal.code }
  }
}

/** Where a piece is read, and up to where. */
function placed(piece: Buffer, buffer: Buffer | undefined): [bytes: Buffer, to: number] {
  if (buffer === undefined || piece.length > buffer.length) return [piece, piece.length]
  piece.copy(buffer)
  return [buffer, piece.length]
}

/** One piece, a few, or every byte alone. */
function cut(bytes: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = []
  const longest = random.pick([1, 3, 40, 400, bytes.length])
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + 1 + random.below(longest))
    // A copy, so that nothing can be read beyond its end, and moving its data together alters nothing else.
    pieces.push(Buffer.from(bytes.subarray(from, to)))
    from = to
  }
  return pieces
}

function versionOf(version: number): string {
  return `${Math.floor(version / 10)}.${version % 10}`
}
