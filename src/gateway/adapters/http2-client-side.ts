import { constants } from 'node:http2'
import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { monotonicNs } from '../../core/clock.ts'
import type { ClientSide, Interruption, Outcome } from '../exchange.ts'
import { pump, sinkOf } from '../pump.ts'
import type { Pump } from '../pump.ts'

/** Fields that belong to a connection of HTTP/1.1 and make an answer malformed here (RFC 9113 §8.2.2). */
const OF_CONNECTIONS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/**
 * Fields that Node's HTTP/2 throws at when they come twice, as it happens where an app and what stands before it set the same one. HTTP/1.1
 * passes both; an answer that breaks off would be worse than either. Lists are joined (RFC 9110 §5.3), of others the first stays.
 */
const ONCE: ReadonlySet<string> = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'user-agent',
  'x-content-type-options',
])
const LISTS: ReadonlySet<string> = new Set(['content-encoding', 'content-language'])

export interface Http2ClientSideParts {
  readonly stream: ServerHttp2Stream
  readonly peer: ClientSide['peer']
  readonly local: ClientSide['local']
  /** Whether the request asks for a head alone. */
  readonly isHead: boolean
}

/** The client's side of one exchange over one stream of HTTP/2. What ends it ends the stream; its neighbours notice nothing. */
export function createHttp2ClientSide({ stream, peer, local, isHead }: Http2ClientSideParts): ClientSide {
  const goneListeners: (() => void)[] = []
  let because: Interruption = 'client-gone'
  let gone = false
  let finished = false
  let sending: Pump | null = null
  // Its close tells the same, and in any case.
  stream.on('error', () => {})
  stream.once('finish', () => {
    finished = true
    // Nobody reads the rest of the request: the answer is whole without it (RFC 9113 §8.1).
    if (!stream.endAfterHeaders && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR)
  })
  stream.once('close', () => {
    if (finished && stream.rstCode === constants.NGHTTP2_NO_ERROR) return
    gone = true
    for (const listener of goneListeners) listener()
  })
  return {
    peer,
    local,
    secure: true,
    send(answer, { idleMs }, done) {
      if (answer.kind === 'upgraded') throw new Error('HTTP/2 has no upgrade')
      const body = answer.kind === 'stream' ? answer.body : null
      if (gone || stream.destroyed || stream.closed) {
        body?.destroy()
        return done({ end: because, bytes: 0, endedNs: monotonicNs() })
      }
      try {
        stream.respond(fieldsOf(answer.status, answer.headers), { endStream: false })
      } catch {
        // A head that cannot be written, such as an upstream's header with a control character.
        body?.destroy()
        cut('aborted')
        return done({ end: 'aborted', bytes: 0, endedNs: monotonicNs() })
      }
      let bytes = 0
      let waitingFor = -1
      const idle = setInterval(lookForProgress, idleMs)
      whenOver((end) => {
        clearInterval(idle)
        sending?.stop()
        if (body !== null && !body.readableEnded) body.destroy()
        done({ end, bytes, endedNs: monotonicNs() })
      })
      if (answer.kind === 'whole') {
        const whole = isHead ? null : answer.body
        bytes = whole?.length ?? 0
        if (whole === null) stream.end()
        else stream.end(whole)
        return
      }
      answer.body.on('error', () => cut('aborted'))
      let passed = 0
      sending = pump(answer.body, sinkOf(stream), {
        chunk(chunk) {
          bytes += chunk.length
          return true
        },
        end: () => stream.end(),
      })

      /** Whether a byte came from the source or was taken by the client since the last look. */
      function lookForProgress(): void {
        const left = stream.bufferSize
        const isStill = bytes === passed && left === waitingFor
        passed = bytes
        waitingFor = left
        if (!isStill) return
        // With nothing left to take, it is the source that owes bytes, where it has promised any.
        const owed = left === 0 && answer.headers.some((name, at) => at % 2 === 0 && /^content-length$/i.test(name))
        cut(owed ? 'aborted' : 'client-gone')
      }
    },
    finishEarly() {
      sending?.stop()
      stream.end()
    },
    cut,
    onGone(listener) {
      if (gone) listener.left()
      else goneListeners.push(() => listener.left())
    },
  }

  function cut(reason: Interruption): void {
    if (stream.closed || finished) return
    because = reason
    // Not `close`, which ends the answer properly before it resets: a part of it would be taken for the whole.
    stream.destroy(new Error(reason))
  }

  /** Calls back once, when the answer has been handed to the system or cannot be any more. */
  function whenOver(listener: (end: Outcome['end']) => void): void {
    let called = false
    const once = (end: Outcome['end']): void => {
      if (called) return
      called = true
      listener(end)
    }
    stream.once('finish', () => once(stream.rstCode === constants.NGHTTP2_NO_ERROR ? 'complete' : because))
    goneListeners.push(() => once(because))
  }
}

function fieldsOf(status: number, headers: readonly string[]): OutgoingHttpHeaders {
  const fields: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!.toLowerCase()
    if (OF_CONNECTIONS.has(name)) continue
    const value = headers[index + 1]!
    const before = fields[name]
    if (before === undefined) fields[name] = value
    else if (LISTS.has(name)) fields[name] = `${String(before)}, ${value}`
    else if (ONCE.has(name)) continue
    else if (Array.isArray(before)) before.push(value)
    else fields[name] = [before, value]
  }
  return { ...fields, ':status': status }
}
