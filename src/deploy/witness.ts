import { monotonicNs } from '../core/clock.ts'
import type { ResolvedRequest } from '../config/resolved.ts'
import { KeptConnections, requestTo } from './entrance.ts'
import type { Entrance } from './entrance.ts'
import type { Observation } from './tally.ts'

/** A request of the witness whose answer is not whole by then has failed. */
export const WITNESS_TIMEOUT_MS = 10_000
/** More requests than this at once are not begun: the beat is skipped, and the gap shows. */
export const WITNESS_OPEN_MAX = 200

/** Its own address on this machine: nobody's connections are counted with it (src/gateway/limits/client-connections.ts). */
const WITNESS_ADDRESS = '127.83.87.87'

export interface WitnessOptions {
  readonly entrance: () => Entrance
  readonly requests: readonly ResolvedRequest[]
  readonly perSecond: number
  /** By which the gateway knows it: no limit counts it. @default none */
  readonly word?: string
  /** Milliseconds for a whole answer. @default WITNESS_TIMEOUT_MS */
  readonly timeoutMs?: number
  readonly onObservation: (seen: Observation) => void
  /** Asked before each request: true sends none. @default never */
  readonly rests?: () => boolean
}

export interface Witness {
  /** Stops sending and resolves when the last answer is in: within the timeout, however slowly it dribbles. */
  stop(): Promise<void>
}

/**
 * Sends steady traffic through the public entrance, every second request on a fresh connection, the others on kept ones.
 * Good is an answer below 500 whose body arrived whole; whether a 404 is one depends on what the other release answers: see
 * tally.ts. While a release is on trial it asks the live one: whether that is
 * disturbed is what it tells. The trial has a witness of its own: pairs.ts.
 */
export function startWitness({
  entrance,
  requests,
  perSecond,
  word = '',
  timeoutMs = WITNESS_TIMEOUT_MS,
  onObservation,
  rests = () => false,
}: WitnessOptions): Witness {
  const connections = new KeptConnections(4)
  const open = new Set<Promise<void>>()
  let beat = 0
  // An app of workers alone has no entrance to send anything through.
  const timer = setInterval(() => {
    if (requests.length === 0 || open.size >= WITNESS_OPEN_MAX || rests()) return
    const request = requests[beat % requests.length]!
    const kept = Math.floor(beat / requests.length) % 2 === 0 ? connections : null
    beat += 1
    const answered = ask({ entrance: entrance(), request, kept, timeoutMs, side: 'never', word }).then((seen) => {
      open.delete(answered)
      onObservation(seen)
    })
    open.add(answered)
  }, 1000 / perSecond)
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.all(open)
      connections.destroy()
    },
  }
}

export interface Question {
  readonly entrance: Entrance
  readonly request: ResolvedRequest
  /** Null: a fresh connection. */
  readonly kept: KeptConnections | null
  readonly timeoutMs: number
  /** Which side of a trial is asked, where one runs. */
  readonly side: 'always' | 'never'
  /** See WitnessOptions; empty: none. */
  readonly word: string
}

/** Sends one request of the witness. Never rejects: what went wrong is what was observed. */
export function ask({ entrance, request: asked, kept, timeoutMs, side, word }: Question): Promise<Observation> {
  const { method, host, path } = asked
  const beganNs = monotonicNs()
  const at = Date.now()
  return new Promise((resolve) => {
    let release: string | null = null
    let status: number | null = null
    const end = (failure: string | null, timedOut?: true): void => {
      clearTimeout(limit)
      resolve({
        beganNs,
        endedNs: monotonicNs(),
        at,
        failure:
          failure &&
          `${new Date(at).toISOString()} ${method} ${path} (${kept ? 'kept' : 'fresh'} connection): ${failure}`,
        release,
        request: `${method} ${host ?? ''}${path}`,
        status,
        ...(timedOut ? { timedOut } : {}),
      })
    }
    const request = requestTo(
      entrance,
      { method, path, kept, headers: headersFor(host, side, word), localAddress: WITNESS_ADDRESS },
      (response) => {
        release = header(response.headers['seaworthy-release'])
        const answered = response.statusCode ?? 0
        status = answered
        response.on('error', (error) => end(`answer cut: ${error.message}`))
        response.on('end', () => end(answered >= 500 ? `status ${answered}` : null))
        response.resume()
      },
    )
    // From the first byte to the last: a limit on idleness alone would wait for ever for an answer that dribbles.
    const limit = setTimeout(() => {
      end(`no whole answer within ${timeoutMs} ms`, true)
      request.destroy()
    }, timeoutMs)
    request.on('error', (error) => end(error.message))
    request.end()
  })
}

function headersFor(host: string | null, side: Question['side'], word: string): Record<string, string> {
  return {
    'user-agent': 'seaworthy-witness',
    accept: '*/*',
    'seaworthy-canary': side,
    ...(word === '' ? {} : { 'seaworthy-witness': word }),
    ...(host === null ? {} : { host }),
  }
}

function header(value: string | string[] | undefined): string | null {
  return typeof value === 'string' ? value : null
}
