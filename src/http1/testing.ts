/** For the reader's own tests: every text is fed whole, byte by byte, and cut in two at every position. */
import assert from 'node:assert/strict'
import { RequestHead, RequestReader } from './index.ts'
import type { Refusal } from './index.ts'

/** The head of a request that must be accepted, however it is cut. */
export function reads(text: string): RequestHead {
  const { head, refusal } = same(text)
  assert.equal(refusal, null, JSON.stringify(text))
  return head
}

/** A head that must be refused in one way, however it is cut. */
export function rejects(text: string, status: number, code: string): void {
  const { refusal } = same(text)
  assert.deepEqual([refusal?.status, refusal?.code], [status, code], JSON.stringify(text.slice(0, 200)))
}

interface Read {
  readonly head: RequestHead
  readonly refusal: Refusal | null
}

/** Reads `text`, with other bytes behind it, cut in every way; all of them must agree. */
function same(text: string): Read {
  const whole = read(text, [text.length])
  const cuts: number[][] = [Array.from({ length: text.length }, (_, index) => index + 1)]
  const step = Math.max(1, Math.floor(text.length / 400))
  for (let cut = 1; cut < text.length; cut += step) cuts.push([cut, text.length])
  for (const cut of cuts) {
    const other = read(text, cut)
    const where = `${JSON.stringify(text.slice(0, 200))} cut at ${cut.length > 2 ? 'every byte' : cut[0]}`
    assert.equal(other.refusal, whole.refusal, where)
    if (whole.refusal !== null) continue
    assert.deepEqual(factsOf(other.head), factsOf(whole.head), where)
  }
  return whole
}

const BEHIND = 'GET /behind HTTP/1.1\r\nHost: b\r\n\r\n'

function read(text: string, ends: readonly number[]): Read {
  const reader = new RequestReader()
  const head = new RequestHead()
  let from = 0
  for (const end of ends) {
    // The last piece has the beginning of another message behind it, and lies in the middle of stale bytes.
    const piece = Buffer.from(
      '\n\r\n' + text.slice(from, end) + (end === text.length ? BEHIND : '') + '\r\n\r\n',
      'latin1',
    )
    const at = reader.push(piece, 3, piece.length - 4, head)
    if (reader.refusal !== null) return { head, refusal: reader.refusal }
    if (end < text.length) assert.equal(at, -1, `ended early: ${JSON.stringify(text.slice(0, end))}`)
    else assert.equal(at, 3 + end - from, `ended elsewhere: ${JSON.stringify(text)}`)
    from = end
  }
  assert.equal(reader.begun, false)
  return { head, refusal: null }
}

function factsOf(head: RequestHead): unknown[] {
  const { text, method, version, target, path, authority, host, contentLength, chunked, keepAlive } = head
  const { websocket, expectContinue, connectionNames } = head
  return [
    [text, method, version, target, path, authority, host, contentLength, chunked, keepAlive],
    [websocket, expectContinue, connectionNames, head.pairs()],
  ]
}
