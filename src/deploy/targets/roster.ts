import type { ResolvedHealth, ResolvedSmoke } from '../../config/resolved.ts'
import type { Scrub } from '../../core/scrub.ts'
import { judgeLook } from '../probe.ts'
import type { Instance } from '../release.ts'
import { judgeSmoke } from '../smoke-request.ts'
import type { Look, Probe } from '../target.ts'
import { verdict } from '../verdict.ts'

/**
 * What targets whose instances an engine or a cluster keeps ask of control, under a deploy's lease. Control knows of
 * instances what it is told here, asks them from inside, and routes to them.
 */
export interface RosterPort {
  /** Ids of the instances that a service is to have: those on the roster, and new ones for what lacks. */
  wanted(release: string, service: string): Promise<readonly string[]>
  /** Tells of instances that were started or seen. Beside a release's traffic they stay out of it until admitted. */
  put(instances: readonly Instance[]): Promise<void>
  /** They have passed their check: into their release's traffic. */
  admit(ids: readonly string[]): Promise<void>
  /** Takes them out of the traffic and drains them; whoever calls ends them next. Refused for what is live. */
  leave(release: string, service: string | null): Promise<readonly string[]>
  /** A service whose start was owed has its instances: it takes traffic again. */
  bringBack(service: string): Promise<void>
  /** They are gone. */
  forget(ids: readonly string[]): Promise<void>
  probe(instance: string): Promise<Asked>
  smoke(instance: string, smoke: ResolvedSmoke): Promise<Asked>
  /** What control may not do itself, oldest first: to be done by whoever has the tools, before anything is started. */
  owed(): Promise<readonly OwedWork[]>
  /** What was recorded of an artifact; null: nothing was. */
  recordedImage(artifact: string): Promise<string | null>
  /** The image of an artifact, as it was recorded first. */
  recordImage(artifact: string, image: string): Promise<string>
}

/** What came back from an instance. */
export type Asked =
  /** `look` is null where no HTTP was spoken; `because` says why that failed, null when it passed. */
  | { readonly kind: 'asked'; readonly look: Look | null; readonly because: string | null; readonly tookMs: number }
  /** There is nobody to be asked. */
  | { readonly kind: 'gone'; readonly because: string }

export interface OwedWork {
  readonly what: 'stop' | 'restart' | 'start'
  readonly release: string
  readonly service: string
  /** Empty for a start: `wanted` tells which. */
  readonly ids: readonly string[]
  /** How many other instances of the service are there to stay: some of them are started or ended, not all. */
  readonly stays: number
  readonly because: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** One piece of work for each service of a release. */
export function together(stops: readonly OwedWork[]): readonly OwedWork[] {
  const groups = Map.groupBy(stops, ({ release, service }) => `${service}@${release}`)
  return [...groups.values()].map((group) => ({ ...group[0]!, ids: group.flatMap(({ ids }) => ids) }))
}

/** A start of more instances of what is there: nobody is without an answer until it is done. */
export function isMore({ what, stays }: OwedWork): boolean {
  return what === 'start' && stays > 0
}

/**
 * Before instances are ended that another command may have started again: a machine that slept does not know of it. What
 * tells of nothing is refused like anything else.
 * @throws Problem `lease.lost`
 */
export function mustHoldLease(roster: Pick<RosterPort, 'put'>): Promise<void> {
  return roster.put([])
}

/** What control saw, as a probe. It is judged here, before its body is cut: the secrets to take out are known here alone. */
export function probeOf(asked: Asked, { expect, ready }: ResolvedHealth, scrub: Scrub): Probe {
  if (asked.kind === 'gone') return { ...asked, restarts: null }
  const { look, because, tookMs } = asked
  const expected = ready.kind === 'http' ? expect : { status: null, body: null }
  const judged = look !== null && because !== null ? judgeLook(look, expected, scrub) : because
  const clean = look && { ...look, body: scrub(look.body) }
  return verdict(judged && scrub(judged), clean, tookMs, expect.body !== null)
}

/** Why a smoke request that control sent was not answered as expected; null when it was. */
export function smokeOf(asked: Asked, smoke: ResolvedSmoke, scrub: Scrub): string | null {
  if (asked.kind === 'gone') return `${smoke.request.method} ${smoke.request.path}: ${asked.because}`
  return asked.look === null ? asked.because : judgeSmoke(asked.look, smoke, scrub)
}
