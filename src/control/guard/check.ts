import { routeMatcher } from '../../core/route-match.ts'
import { normalPath } from '../../core/normal-path.ts'
import { createIdentityRoom } from '../../gateway/identity-room.ts'
import type { Evidence } from '../../guard/event.ts'
import { createInspector } from '../../guard/inspect/inspector.ts'
import { BLOCK_AT, TELL_AT } from '../../guard/inspect/detector.ts'
import type { InspectVerdict } from '../../guard/inspect/verdict.ts'
import type { LimitStatus } from '../../guard/limit/status.ts'
import type { GuardPolicy, LimitRule } from '../../guard/policy.ts'
import type { Refusal } from '../../guard/reputation/reputation.ts'
import type { GuardRequest } from '../../guard/request.ts'

/** A request that is only asked about. */
export interface TriedRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly client: string
  /** In base64; null: none. */
  readonly body: string | null
}

/** What one part of the guard says. */
export interface TriedStep {
  readonly part: 'reputation' | 'limits' | 'identity' | 'threats'
  /** With which it would answer; null: it lets the request go on. */
  readonly status: number | null
  readonly says: string
}

export interface TriedVerdict {
  /** Of the first part that refuses; null: the request reaches its service. */
  readonly status: number | null
  /** In the order in which the gateway asks; each is asked, also behind one that refuses. */
  readonly steps: readonly TriedStep[]
  /** Strongest first. */
  readonly evidence: readonly Evidence[]
  /** Of the inspection: it refuses from `blockAt` on, and tells from `tellAt` on. */
  readonly score: number
  readonly blockAt: number
  readonly tellAt: number
}

/** What is known beside the policy; null where nothing is, as of an environment that does not run. */
export interface Known {
  readonly refusalOf: ((client: string) => Refusal | null) | null
  readonly risk: number
  readonly limits:
    | ((limits: readonly LimitRule[], per: LimitRule['per'], id: string) => Promise<readonly LimitStatus[]>)
    | null
}

/** Asks every part of the guard about a request, changing nothing: no count, no block, no event. */
export async function tryRequest(policy: GuardPolicy, tried: TriedRequest, known: Known): Promise<TriedVerdict> {
  const host = hostOf(tried.headers)
  const request: GuardRequest = { ...tried, host }
  const verdict = inspected(policy, tried, request, known.risk)
  const identity = await identityStep(policy, request)
  const limits = await limitStep(policy, request, known)
  const steps = [reputationStep(tried.client, known), limits, identity, threatStep(verdict)]
  return {
    status: steps.find(({ status }) => status !== null)?.status ?? null,
    steps,
    evidence: verdict?.evidence ?? [],
    score: verdict?.score ?? 0,
    blockAt: BLOCK_AT,
    tellAt: TELL_AT,
  }
}

function reputationStep(client: string, { refusalOf, risk }: Known): TriedStep {
  if (refusalOf === null) return step('reputation', null, 'not known: the environment does not run')
  const refusal = refusalOf(client)
  if (refusal === null) return step('reputation', null, `${client} is not blocked; its risk is ${Math.round(risk)}`)
  const until = refusal.untilMs === null ? '' : ` until ${new Date(refusal.untilMs).toISOString()}`
  return step('reputation', 403, `${client} is blocked${until}: ${refusal.source}, ${refusal.reason}`)
}

async function limitStep({ limits, probes }: GuardPolicy, request: GuardRequest, known: Known): Promise<TriedStep> {
  const normal = normalPath(pathOf(request.target))
  if (probes.includes(pathOf(request.target))) return step('limits', null, 'a health check: no limit counts it')
  const concerned = limits.filter(
    ({ on }) => on === null || routeMatcher([on]).find(request.host, request.method, normal) !== null,
  )
  if (concerned.length === 0) return step('limits', null, 'no limit counts it')
  const stated = concerned.map(({ count, perMs, per }) => `${count} in ${perMs / 1000} s per ${per}`).join('; ')
  if (known.limits === null) return step('limits', null, `counted by: ${stated}`)
  const ids = new Set(concerned.map(({ id }) => id))
  const looked = (['client', 'all'] as const).map((per) => known.limits!(limits, per, request.client))
  const standing = (await Promise.all(looked)).flat().filter(({ id }) => ids.has(id))
  const spent = standing.find(({ remaining }) => remaining < 1)
  const left = standing.map(({ remaining, limit }) => `${remaining} of ${limit} left`).join('; ')
  return step('limits', spent === undefined ? null : 429, `counted by: ${stated}${left === '' ? '' : `: ${left}`}`)
}

async function identityStep(policy: GuardPolicy, request: GuardRequest): Promise<TriedStep> {
  const room = createIdentityRoom()
  room.apply(policy)
  const { identity } = room
  if (identity === null || !identity.concerns(request)) return step('identity', null, 'nobody is asked for here')
  const identified = await identity.identify(request)
  const authorised = identity.authorise(request, identified)
  if (authorised.kind === 'refused') return step('identity', authorised.status, authorised.reason)
  const { principal } = identified
  return step('identity', null, principal === null ? 'granted' : `granted to the ${principal.kind} ${principal.id}`)
}

function inspected(
  policy: GuardPolicy,
  { body }: TriedRequest,
  request: GuardRequest,
  risk: number,
): InspectVerdict | null {
  const inspector = createInspector(policy)
  const head = inspector.head(request, risk)
  if (head.refused || body === null) return head
  const reader = inspector.body(request, risk)
  if (reader === null) return head
  reader.push(Buffer.from(body, 'base64'))
  const whole = reader.end()
  return whole.score > head.score ? whole : head
}

function threatStep(verdict: InspectVerdict | null): TriedStep {
  if (verdict === null || (verdict.score === 0 && verdict.evidence.length === 0))
    return step('threats', null, 'nothing was found')
  const { score, evidence, refused, attack, told } = verdict
  const [strongest] = evidence
  const found = strongest === undefined ? '' : `: ${strongest.rule} in ${strongest.location} ${strongest.name}`
  if (refused) return step('threats', 403, `score ${score}${found}`)
  if (attack) return step('threats', null, `score ${score}${found}; it is told and let through: the mode is monitor`)
  return step('threats', null, `score ${score}${found}; ${told ? 'it is told' : 'too little to be told'}`)
}

function step(part: TriedStep['part'], status: number | null, says: string): TriedStep {
  return { part, status, says }
}

function pathOf(target: string): string {
  const mark = target.indexOf('?')
  return mark < 0 ? target : target.slice(0, mark)
}

function hostOf(headers: readonly string[]): string {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  return at < 0 ? '' : headers[at + 1]!.toLowerCase().replace(/:\d+$/, '')
}
