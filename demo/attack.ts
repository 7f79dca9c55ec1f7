import { request } from 'node:http'
import { createInspector } from '../src/guard/inspect/inspector.ts'
import type { ThreatClass } from '../src/guard/threats.ts'
import { ATTACKS, LOOKALIKES } from './attacks.ts'
import type { Attempt } from './attacks.ts'

export interface AttackSummary {
  readonly sent: number
  readonly refused: number
  readonly missed: readonly ThreatClass[]
  readonly lookalikes: number
  /** Look-alikes that were refused. */
  readonly mistaken: readonly string[]
  /** Attacks of one client until it was blocked; null: it never was. */
  readonly blockedAfter: number | null
  /** CPU of the judgement in this process, microseconds a request. */
  readonly micros: { readonly attack: number; readonly lookalike: number }
}

const REFUSED = 403
const ATTEMPTS_MAX = 40
const ROUNDS = 300

/**
 * Attacks the running app. Each attack comes from a loopback address of its own, so that it is caught for what it is and not for
 * what came before; then one client attacks until it is blocked.
 */
export async function attack(url: string, signal: AbortSignal): Promise<AttackSummary> {
  const missed: ThreatClass[] = []
  for (const [index, [kind, attempt]] of ATTACKS.entries()) {
    const status = await send(url, attempt, `127.0.7.${index + 1}`, signal)
    if (status !== REFUSED) missed.push(kind)
  }
  const mistaken: string[] = []
  for (const [index, attempt] of LOOKALIKES.entries()) {
    const status = await send(url, attempt, `127.0.8.${index + 1}`, signal)
    if (status === REFUSED) mistaken.push(attempt.body ?? attempt.target)
  }
  return {
    sent: ATTACKS.length,
    refused: ATTACKS.length - missed.length,
    missed,
    lookalikes: LOOKALIKES.length,
    mistaken,
    blockedAfter: await untilBlocked(url, signal),
    micros: { attack: cost(ATTACKS.map(([, attempt]) => attempt)), lookalike: cost(LOOKALIKES) },
  }
}

/** How many attacks it takes until even a harmless request of the same client is refused, or cut by the block that just came. */
async function untilBlocked(url: string, signal: AbortSignal): Promise<number | null> {
  const client = '127.0.9.1'
  const sendOrCut = (attempt: Attempt): Promise<number> =>
    send(url, attempt, client, signal).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET') throw error
      return REFUSED
    })
  for (let count = 1; count <= ATTEMPTS_MAX; count++) {
    await sendOrCut(ATTACKS[count % ATTACKS.length]![1])
    if ((await sendOrCut({ method: 'GET', target: '/api/version' })) === REFUSED) return count
  }
  return null
}

function send(
  url: string,
  { method, target, headers = {}, body }: Attempt,
  from: string,
  signal: AbortSignal,
): Promise<number> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }
    const outgoing = request({
      host: hostname,
      port,
      method,
      path: target,
      headers: { Accept: '*/*', ...headers, ...length },
      localAddress: from,
      agent: false,
      signal,
    })
    outgoing.once('response', (response) => {
      response.resume()
      response.once('close', () => resolve(response.statusCode!))
    })
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

/** The judgement alone, in process: what it adds to a request, apart from the reading that any proxy does. */
function cost(attempts: readonly Attempt[]): number {
  const inspector = createInspector({ threats: 'block', routes: [], exceptions: [] })
  const judge = (): void => {
    for (const { method, target, headers = {}, body } of attempts) {
      const list = ['Host', 'market.example', ...Object.entries(headers).flat()]
      const request = { method, target, client: '192.0.2.1', host: 'market.example', headers: list }
      inspector.head(request)
      const ofBody = body === undefined ? null : inspector.body(request)
      if (ofBody === null) continue
      ofBody.push(Buffer.from(body!))
      ofBody.end()
    }
  }
  for (let round = 0; round < ROUNDS; round++) judge()
  const before = process.cpuUsage()
  for (let round = 0; round < ROUNDS; round++) judge()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / (ROUNDS * attempts.length)
}
