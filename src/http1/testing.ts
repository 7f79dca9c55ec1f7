/** For the readers' own tests: every text is fed whole, byte by byte, and cut in two at every position. */
import assert from 'node:assert/strict'
import { RequestHead, RequestReader, ResponseHead, ResponseReader } from './index.ts'
import type { Asked, Refusal } from './index.ts'

/** The head of a request that must be accepted, however it is cut. */
export function reads(text: string): RequestHead {
  const { head, refusal } = same(text, requests)
  assert.equal(refusal, null, JSON.stringify(text))
  return head
}

/** The head of a request that must be refused in one way, however it is cut. */
export function rejects(text: string, status: number, code: string): void {
  const { refusal } = same(text, requests)
  assert.deepEqual([refusal?.status, refusal?.code], [status, code], JSON.stringify(text.slice(0, 200)))
}

const GET: Asked = { method: 'GET', websocket: false }

/** The head of an answer that must be accepted, however it is cut. */
export function readsAnswer(text: string, asked: Asked = GET): ResponseHead {
  const { head, refusal } = same(text, answersTo(asked))
  assert.equal(refusal, null, JSON.stringify(text))
  return head
}

/** The head of an answer that must be refused, with 502, however it is cut. */
export function rejectsAnswer(text: string, code: string, asked: Asked = GET): void {
  const { refusal } = same(text, answersTo(asked))
  assert.deepEqual([refusal?.status, refusal?.code], [502, code], JSON.stringify(text.slice(0, 200)))
}

interface Read<Head> {
  readonly head: Head
  readonly refusal: Refusal | null
}

/** Reads one kind of head in pieces. */
interface Kind<Head> {
  readonly begin: () => {
    readonly head: Head
    readonly reader: Reader
    readonly push: (bytes: Buffer, from: number, to: number) => number
  }
  readonly factsOf: (head: Head) => unknown
}

interface Reader {
  readonly refusal: Refusal | null
  readonly begun: boolean
}

const requests: Kind<RequestHead> = {
  begin() {
    const reader = new RequestReader()
    const head = new RequestHead()
    return { head, reader, push: (bytes, from, to) => reader.push(bytes, from, to, head) }
  },
  factsOf(head) {
    const { text, method, version, target, path, authority, host, contentLength, chunked, keepAlive } = head
    const { websocket, expectContinue, connectionNames } = head
    return [
      [text, method, version, target, path, authority, host, contentLength, chunked, keepAlive],
      [websocket, expectContinue, connectionNames, head.pairs()],
    ]
  },
}

function answersTo(asked: Asked): Kind<ResponseHead> {
  return {
    begin() {
      const reader = new ResponseReader()
      const head = new ResponseHead()
      return { head, reader, push: (bytes, from, to) => reader.push(bytes, from, to, head, asked) }
    },
    factsOf(head) {
      const { text, status, version, reason, framing, interim, contentLength, chunked, keepAlive } = head
      return [
        [text, status, version, reason, framing, interim, contentLength, chunked, keepAlive],
        [head.connectionNames, head.pairs()],
      ]
    },
  }
}

/** Reads `text`, with other bytes behind it, cut in every way; all of them must agree. */
function same<Head>(text: string, kind: Kind<Head>): Read<Head> {
  const whole = read(text, [text.length], kind)
  const cuts: number[][] = [Array.from({ length: text.length }, (_, index) => index + 1)]
  const step = Math.max(1, Math.floor(text.length / 400))
  for (let cut = 1; cut < text.length; cut += step) cuts.push([cut, text.length])
  for (const cut of cuts) {
    const other = read(text, cut, kind)
    const where = `${JSON.stringify(text.slice(0, 200))} cut at ${cut.length > 2 ? 'every byte' : cut[0]}`
    assert.equal(other.refusal, whole.refusal, where)
    if (whole.refusal !== null) continue
    assert.deepEqual(kind.factsOf(other.head), kind.factsOf(whole.head), where)
  }
  return whole
}

const BEHIND = 'GET /behind HTTP/1.1\r\nHost: b\r\n\r\n'

function read<Head>(text: string, ends: readonly number[], kind: Kind<Head>): Read<Head> {
  const { head, reader, push } = kind.begin()
  let from = 0
  for (const end of ends) {
    // The last piece has the beginning of another message behind it, and lies in the middle of stale bytes.
    const behind = end === text.length ? BEHIND : ''
    const piece = Buffer.from('\n\r\n' + text.slice(from, end) + behind + '\r\n\r\n', 'latin1')
    const at = push(piece, 3, piece.length - 4)
    if (reader.refusal !== null) return { head, refusal: reader.refusal }
    if (end < text.length) assert.equal(at, -1, `ended early: ${JSON.stringify(text.slice(0, end))}`)
    else assert.equal(at, 3 + end - from, `ended elsewhere: ${JSON.stringify(text)}`)
    from = end
  }
  assert.equal(reader.begun, false)
  return { head, refusal: null }
}
