import type { Readable, Writable } from 'node:stream'
import { plainAnswer, headerOf } from '../exchange.ts'
import type { Answer, Exchange } from '../exchange.ts'
import { endToEnd } from '../headers.ts'
import { pump } from '../pump.ts'
import type { Pump } from '../pump.ts'
import type { Claim } from '../upstream.ts'
import type { UpstreamAnswer, UpstreamEvents, UpstreamFailure } from '../upstream-link.ts'
import { withoutAffinityCookies } from '../affinity.ts'
import { CANARY_HEADER, withoutTrialCookie } from '../trial-cookie.ts'
import { tunnel } from '../websocket.ts'
import { IDENTITY_HEADERS, identityHeaders } from './identify.ts'

export type AttemptResult =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** Nothing of an answer came; the caller decides whether to ask again. */
  | { readonly kind: 'failure'; readonly failure: UpstreamFailure }

export interface Limits {
  readonly connectMs: number
  readonly firstByteMs: number
  readonly requestMs: number
  readonly websocketIdleMs: number
  readonly bodyBytesMax: number
}

export interface AttemptOptions {
  readonly claim: Claim
  readonly fresh: boolean
  readonly limits: Limits
}

/** Sends the request once. Resolves with the answer's head as soon as that is there; both bodies flow on by themselves. */
export function attempt(exchange: Exchange, { claim, fresh, limits }: AttemptOptions): Promise<AttemptResult> {
  const { head, body, client } = exchange
  return new Promise((resolve) => {
    let settled = false
    let uploading: Pump | null = null
    let received = 0
    let waiting: NodeJS.Timeout | undefined

    const events: UpstreamEvents = {
      connected: startBody,
      answered(answer, answerBody) {
        if (isEventStream(answer)) becomeStream()
        settle({ kind: 'answer', answer: streamed(answer, answerBody) })
      },
      upgraded(answer, socket, firstBytes) {
        claim.kind = 'websocket'
        const headers = endToEnd(answer.headers, NOTHING)
        const take: Extract<Answer, { kind: 'upgraded' }>['take'] = (clientSocket, clientFirst) => {
          const open = tunnel({
            client: clientSocket,
            upstream: socket,
            clientFirst,
            upstreamFirst: firstBytes,
            idleMs: limits.websocketIdleMs,
          })
          claim.end = () => open.end()
        }
        client.onGone(() => socket.destroy())
        settle({ kind: 'answer', answer: { kind: 'upgraded', status: 101, headers, take } })
      },
      failed: (failure) => settle({ kind: 'failure', failure }),
    }
    // Once the head has gone, it is the client's pace as much as the upstream's that the end is far away.
    claim.cut = () => client.cut(settled ? 'client-gone' : 'aborted')
    const outgoing: Writable = claim.upstream.link.send(
      {
        method: head.method,
        target: head.target,
        headers: requestHeaders(exchange),
        connectMs: limits.connectMs,
        fresh,
        websocket: head.websocket,
      },
      events,
    )
    // After `send`, which throws when the head cannot be written.
    const slowClient = body.present ? setTimeout(onSlowClient, limits.requestMs) : undefined
    if (!body.present) outgoing.end(startWaiting)
    client.onGone(() => {
      refuse(plainAnswer(499, 'The client has left.'))
      outgoing.destroy()
    })
    exchange.ended.push(() => {
      clearTimeout(slowClient)
      clearTimeout(waiting)
      uploading?.stop()
      if (!outgoing.writableFinished) outgoing.destroy()
    })

    function startBody(): void {
      if (!body.present || settled) return
      body.accept()
      uploading = pump(body.stream, outgoing, {
        chunk(bytes) {
          received += bytes.length
          if (received > limits.bodyBytesMax) {
            onTooLarge()
            return false
          }
          const refused = exchange.bodyFilter?.(bytes) ?? null
          if (refused !== null) onRefused(refused)
          return refused === null
        },
        end() {
          clearTimeout(slowClient)
          const refused = exchange.bodyFilter?.(NO_BYTES) ?? null
          if (refused !== null) return onRefused(refused)
          outgoing.end()
          startWaiting()
        },
      })
    }

    function startWaiting(): void {
      if (settled) return
      waiting = setTimeout(() => refuse(plainAnswer(504, 'The service did not answer in time.')), limits.firstByteMs)
    }

    function onSlowClient(): void {
      // When the upstream does not take what is there, the client is not to blame.
      if (uploading?.blocked === true) return refuse(plainAnswer(504, 'The service did not read the request in time.'))
      refuse(plainAnswer(408, 'The request took too long to arrive.'))
    }

    function onTooLarge(): void {
      onRefused(tooLarge(limits.bodyBytesMax))
    }

    /** Behind a part of an answer no other can be given. */
    function onRefused(answer: Answer): void {
      if (settled) client.cut('client-gone')
      else refuse(answer)
    }

    /** Answers in the upstream's place. */
    function refuse(answer: Answer): void {
      if (settled) return
      settle({ kind: 'answer', answer })
      uploading?.stop()
      outgoing.destroy()
    }

    function settle(result: AttemptResult): void {
      if (settled) return
      settled = true
      clearTimeout(waiting)
      // Both bodies may flow for as long as they like once the answer has begun; then only silence ends them.
      clearTimeout(slowClient)
      resolve(result)
    }

    function becomeStream(): void {
      claim.kind = 'stream'
      exchange.eventStream = true
      claim.end = () => client.finishEarly()
    }
  })
}

/** 413, decided by the head or while counting. */
export function tooLarge(bytesMax: number): Answer {
  return plainAnswer(413, `The request's body is larger than ${bytesMax} bytes.`)
}

function requestHeaders(exchange: Exchange): string[] {
  const { head, body } = exchange
  const passed = withoutAffinityCookies(withoutTrialCookie(endToEnd(head.headers, REPLACED)))
  const headers = ['Host', head.authority, ...passed, ...identityHeaders(exchange)]
  if (body.present && body.length === null) headers.push('Transfer-Encoding', 'chunked')
  else if (body.present) headers.push('Content-Length', String(body.length))
  else if (EXPECT_BODY.has(head.method)) headers.push('Content-Length', '0')
  return headers
}

function streamed(answer: UpstreamAnswer, body: Readable): Answer {
  return { kind: 'stream', status: answer.status, headers: endToEnd(answer.headers, NOTHING), body }
}

function isEventStream(answer: UpstreamAnswer): boolean {
  return headerOf(answer.headers, 'content-type')?.toLowerCase().startsWith('text/event-stream') === true
}

/** Written anew by `requestHeaders`, or for the gateway alone. `Expect` is answered here, when a connection to the upstream stands. */
const REPLACED: ReadonlySet<string> = new Set([...IDENTITY_HEADERS, 'host', 'content-length', 'expect', CANARY_HEADER])
const EXPECT_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])
const NOTHING: ReadonlySet<string> = new Set()
const NO_BYTES = Buffer.alloc(0)
