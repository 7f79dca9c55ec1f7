import { createInspector } from './inspect/inspector.ts'
import type { Inspector } from './inspect/inspector.ts'
import { CLEAN } from './inspect/verdict.ts'
import type { InspectVerdict } from './inspect/verdict.ts'
import { fieldsOf } from './limit/verdict.ts'
import type { GuardRequest, Principal } from './request.ts'
import type { ThreatException, ThreatRoute } from './policy.ts'
import { identityOf } from './standalone-identity.ts'
import type { IdentityOptions } from './standalone-identity.ts'
import { limitsOf } from './standalone-limits.ts'
import type { LimitOptions } from './standalone-limits.ts'
import { createReputation } from './reputation/standalone.ts'
import type { StandaloneReputation } from './reputation/standalone.ts'
import type { ThreatMode } from './threats.ts'

export interface GuardOptions {
  /** What happens to a request that looks like an attack. @default 'block' */
  readonly threats?: ThreatMode
  /** Where another mode holds, and what fields are said to hold. @default none */
  readonly routes?: readonly ThreatRoute[]
  /** Where the guard is known to be wrong. @default none */
  readonly exceptions?: readonly ThreatException[]
  /** How often requests may come. @default no limits */
  readonly limits?: readonly LimitOptions[]
  /** A Redis in which several processes and hosts count together. @default counts of this process */
  readonly redis?: { readonly url: string; readonly prefix: string }
  /** Who is asked, for what. @default nobody */
  readonly identity?: IdentityOptions
  /** Addresses and CIDR blocks that are refused … @default none */
  readonly block?: readonly string[]
  /** … and those that are never blocked for what they do. @default none */
  readonly allow?: readonly string[]
  /** Where blocks outlive the process. @default nowhere */
  readonly blocksFile?: string
}

/** What the whole guard says of a request. */
export interface GuardVerdict {
  /** Null: it may go on. 401, 403, 429 or 503: it is to be answered so. */
  readonly status: number | null
  /** For the answer's body. Says nothing of what was found: whoever probes would learn from it. */
  readonly reason: string
  /** Fields for the answer, whoever gives it: names and values in turn. */
  readonly headers: readonly string[]
  readonly principal: Principal | null
  /** What the inspection found, for a log. */
  readonly threat: InspectVerdict
}

export interface Guard {
  /** Judges requests for attacks, part by part. */
  readonly inspect: Inspector
  /** Who has a bad name here. */
  readonly reputation: StandaloneReputation
  /**
   * Asks all parts in their order: blocks, limits known to be used up, who asks, limits, whether they may, attacks. A refusal
   * is held against the client. `body`: the whole of it, where there is one.
   */
  judge(request: GuardRequest, body?: Uint8Array | null): Promise<GuardVerdict>
  /** Lets go of Redis. */
  close(): void
}

/**
 * A guard for use in any program, apart from the gateway. Without `redis` and tokens of an issuer it needs no network.
 * `request.client` must be the client's own address: what a proxy says of it is the caller's to believe or not.
 *
 * @throws Problem `guard.bad-exception`, `guard.keys-wrong`, `guard.secret-short`
 */
export function createGuard(options: GuardOptions = {}): Guard {
  const { threats = 'block', routes = [], exceptions = [], allow = [], block = [], blocksFile } = options
  const inspect = createInspector({ threats, routes, exceptions })
  const reputation = createReputation({ allow, block, ...(blocksFile === undefined ? {} : { file: blocksFile }) })
  const limits = limitsOf(options.limits ?? [], options.redis ?? null)
  const identity = options.identity === undefined ? null : identityOf(options.identity)
  return { inspect, reputation, judge, close: () => limits.close() }

  async function judge(request: GuardRequest, body: Uint8Array | null = null): Promise<GuardVerdict> {
    const { client } = request
    if (reputation.refusalOf(client) !== null) return refused(403, 'Requests of this address are refused.')
    const early = limits.early(request)
    if (early !== null) return overLimit(request, fieldsOf(early))
    const identified = identity === null ? null : await identity.identify(request)
    const principal = identified?.principal ?? null
    const counted = await limits.judge(request, principal)
    const headers = counted === null ? [] : fieldsOf(counted)
    if (counted?.storeLost === true) return refused(503, 'Requests cannot be counted at the moment.', headers)
    if (counted !== null && !counted.allowed) return overLimit(request, headers)
    const authorised = identified === null ? null : identity!.authorise(request, identified)
    if (authorised?.kind === 'refused') {
      const failed = identified?.fault?.kind === 'wrong'
      note(request, failed ? 'login-failed' : authorised.status === 403 ? 'forbidden' : 'unauthenticated', CLEAN)
      const challenge = authorised.status === 401 ? ['WWW-Authenticate', 'Bearer'] : []
      return refused(authorised.status, authorised.reason, [...headers, ...challenge])
    }
    const threat = inspected(request, body)
    if (threat.told) note(request, 'threat', threat)
    if (threat.refused) return { ...refused(403, 'The request was refused.', headers), principal, threat }
    return { status: null, reason: '', headers, principal, threat }
  }

  function inspected(request: GuardRequest, body: Uint8Array | null): InspectVerdict {
    const { risk } = reputation.riskOf(request.client)
    const head = inspect.head(request, risk)
    if (head.refused || body === null || body.length === 0) return head
    const ofBody = inspect.body(request, risk)
    if (ofBody === null) return head
    ofBody.push(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
    const verdict = ofBody.end()
    return verdict.score >= head.score ? verdict : head
  }

  function overLimit(request: GuardRequest, headers: readonly string[]): GuardVerdict {
    note(request, 'rate-limited', CLEAN)
    return refused(429, 'Too many requests; Retry-After says when the next one may come.', headers)
  }

  function note(
    { client }: GuardRequest,
    kind: Parameters<StandaloneReputation['note']>[0]['kind'],
    threat: InspectVerdict,
  ): void {
    reputation.note({
      client,
      kind,
      class: threat.class,
      score: threat.score,
      refused: kind !== 'threat' || threat.refused,
    })
  }
}

function refused(status: number, reason: string, headers: readonly string[] = []): GuardVerdict {
  return { status, reason, headers, principal: null, threat: CLEAN }
}
