import type { Stage } from '../context.ts'
import type { Answer } from '../exchange.ts'

const FOLDER = '/.well-known/acme-challenge/'

/**
 * Answers an authority that checks who holds the domain (RFC 8555 §8.3): over plain HTTP, before anything is redirected or judged.
 * A token nobody waits for goes on like any other path.
 */
export const acmeChallenge: Stage = ({ head }, context) => {
  const waiting = context.routing.current?.table.acme
  if (waiting === undefined || waiting.length === 0 || !head.path.startsWith(FOLDER)) return null
  const token = head.path.slice(FOLDER.length)
  const found = waiting.find((challenge) => challenge.token === token)
  return found === undefined ? null : keyAuthorization(found.authorization)
}

/** To the byte: some authorities compare without trimming. */
function keyAuthorization(text: string): Answer {
  const body = Buffer.from(text)
  const headers = ['Content-Type', 'application/octet-stream', 'Content-Length', String(body.length)]
  return { kind: 'whole', status: 200, headers: [...headers, 'Cache-Control', 'no-store'], body }
}
