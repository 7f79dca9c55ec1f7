import { pipeline, Readable } from 'node:stream'
import type { Context } from '../context.ts'
import { fieldOf, headerOf } from '../exchange.ts'
import { RelayedAnswer } from '../relayed-answer.ts'
import type { Answer, Exchange } from '../exchange.ts'
import { addVary } from '../headers.ts'
import { compressor } from './compressor.ts'
import { eligibility } from './eligible.ts'
import { codingFor } from './negotiate.ts'

/** Answers compressed at once by one worker: each holds up to about half a megabyte. Beyond, answers go as they are. */
export const COMPRESSING_MAX = 256
let compressing = 0

/** Compresses an answer where its client, its kind and its route allow. Called last: the head is complete. */
export function compressed(exchange: Exchange, context: Context, answer: Answer): Answer {
  const { head, place } = exchange
  const wanted = place?.options?.compress ?? context.routing.current?.table.compress ?? false
  if (!wanted || answer.kind === 'upgraded') return answer
  if (answer.status === 304) return stillCoded(exchange, answer)
  const length = lengthOf(answer, head.method)
  const eligible = eligibility(answer.status, (name) => fieldOfAnswer(answer, name), length)
  if (eligible !== 'yes') return answer
  addVary(answer.headers, 'Accept-Encoding')
  const coding = codingFor(fieldOf(head, 'accept-encoding'))
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

/** Null: unknown. */
function lengthOf(answer: Exclude<Answer, { kind: 'upgraded' }>, method: string): number | null {
  if (answer.kind === 'whole' && method !== 'HEAD') return answer.body?.length ?? 0
  const text = fieldOfAnswer(answer, 'content-length')
  if (text !== undefined) return Number(text)
  // Nothing said how long it is, but all of it is here.
  const isWhole = answer instanceof RelayedAnswer && !answer.isStreamed && answer.flow.ended && method !== 'HEAD'
  return isWhole ? (answer.flow.first?.length ?? 0) : null
}

function fieldOfAnswer(answer: Answer, lowerName: string): string | undefined {
  return answer instanceof RelayedAnswer ? answer.get(lowerName) : headerOf(answer.headers, lowerName)
}

/**
 * Whoever asks by the weak tag has the coded form: a cache would not find it by the app's strong one (RFC 9111 §4.3.4), and is told of
 * Vary as it was before (RFC 9110 §15.4.5).
 */
function stillCoded({ head }: Exchange, answer: Answer): Answer {
  const { headers } = answer
  const etag = headerOf(headers, 'etag')
  const asked = headerOf(head.headers, 'if-none-match')
  if (etag?.startsWith('"') !== true || asked?.includes(`W/${etag}`) !== true) return answer
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'etag')
  headers[at + 1] = `W/${etag}`
  addVary(headers, 'Accept-Encoding')
  return answer
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
