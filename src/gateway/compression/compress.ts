import { pipeline, Readable } from 'node:stream'
import type { Context } from '../context.ts'
import { headerOf } from '../exchange.ts'
import type { Answer, Exchange } from '../exchange.ts'
import { addVary } from '../headers.ts'
import { compressor } from './compressor.ts'
import { eligibility, lengthOf } from './eligible.ts'
import { codingFor } from './negotiate.ts'

/** Answers compressed at once by one worker: each holds up to about half a megabyte. Beyond, answers go as they are. */
export const COMPRESSING_MAX = 256
let compressing = 0

/** Compresses an answer where its client, its kind and its route allow. Called last: the head is complete. */
export function compressed(exchange: Exchange, context: Context, answer: Answer): Answer {
  const { head, place } = exchange
  const wanted = place?.options?.compress ?? context.routing.current?.table.compress ?? false
  if (!wanted || answer.kind === 'upgraded') return answer
  const length =
    answer.kind === 'whole' && head.method !== 'HEAD' ? (answer.body?.length ?? 0) : lengthOf(answer.headers)
  const eligible = eligibility(answer.status, answer.headers, length)
  if (eligible === 'never') return answer
  addVary(answer.headers, 'Accept-Encoding')
  const coding = eligible === 'yes' ? codingFor(headerOf(head.headers, 'accept-encoding')) : null
  if (coding === null || compressing >= COMPRESSING_MAX) return answer
  encode(answer.headers, coding)
  if (head.method === 'HEAD') return answer
  const source = answer.kind === 'stream' ? answer.body : Readable.from([answer.body!])
  const transform = compressor(coding, { live: length === null, length })
  compressing += 1
  // An error or an early end on either side ends the other; the client's side sees it on the transform.
  pipeline(source, transform, () => void (compressing -= 1))
  return { kind: 'stream', status: answer.status, headers: answer.headers, body: transform }
}

/** What the head says of the identity form is not true of the coded one. */
function encode(headers: string[], coding: string): void {
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    const lower = headers[index]!.toLowerCase()
    if (OF_THE_IDENTITY.has(lower)) headers.splice(index, 2)
    // Another sequence of bytes is not the same to the byte (RFC 9110 §8.8.3).
    else if (lower === 'etag' && headers[index + 1]!.startsWith('"')) headers[index + 1] = `W/${headers[index + 1]}`
  }
  headers.push('Content-Encoding', coding)
}

const OF_THE_IDENTITY: ReadonlySet<string> = new Set([
  'content-length',
  'content-encoding',
  'accept-ranges',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
])
