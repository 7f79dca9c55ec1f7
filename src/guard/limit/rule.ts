import { routeMatcher } from '../../core/route-match.ts'
import type { LimitRule, RouteMatch } from '../policy.ts'
import { loosestForm } from '../identity/path-forms.ts'
import type { Principal } from '../request.ts'
import { clientKey } from './client-key.ts'
import { quotaOf, TICKS_PER_MS, windowOf } from './gcra.ts'
import type { CountedRule } from './store.ts'

/** What a request is counted by. */
export interface Asker {
  readonly method: string
  /** Lower case, without the port. */
  readonly host: string
  /** As `normalPath` gives it, without the query. */
  readonly path: string
  /** Of the client behind trusted proxies. */
  readonly client: string
  /** Null where no valid credential was shown: then limits per key and per subject do not count it. */
  readonly principal: Principal | null
}

/** A limit made ready for use. */
export interface Rule extends CountedRule {
  readonly per: LimitRule['per']
  readonly cost: number
  readonly whenStoreIsLost: LimitRule['whenStoreIsLost']
  /** Its position among the rules. */
  readonly index: number
  /** As clients are told: structured-field text that names it, and its policy. */
  readonly name: string
  readonly policy: string
  /** Requests that may come at once. */
  readonly limit: number
  takes(asker: Pick<Asker, 'method' | 'host' | 'path'>): boolean
}

export function rulesOf(limits: readonly LimitRule[]): readonly Rule[] {
  const names = new Map<string, number>()
  return limits.map((limit, index) => {
    const quota = quotaOf(limit)
    // A request must be able to pass: who allows less at once than one costs means one.
    const burst = Math.max(quota.burst, limit.cost)
    const name = JSON.stringify(uniqueName(limit, names))
    const units = Math.floor(burst / limit.cost)
    const seconds = Math.ceil(windowOf({ ...quota, burst }) / (TICKS_PER_MS * 1_000))
    return {
      id: limit.id,
      interval: quota.interval,
      burst,
      per: limit.per,
      cost: limit.cost,
      whenStoreIsLost: limit.whenStoreIsLost,
      index,
      name,
      policy: `${name};q=${units};w=${seconds}`,
      limit: units,
      takes: limit.on === null ? () => true : takerOf(limit.on),
    }
  })
}

/** Whose count the rule asks of, or null where it does not count this asker. */
export function keyOf(rule: Rule, asker: Pick<Asker, 'client' | 'principal'>): string | null {
  switch (rule.per) {
    case 'all':
      return ''
    case 'client':
      return clientKey(asker.client)
    default:
      return asker.principal?.kind === rule.per ? boundedKey(asker.principal.id) : null
  }
}

/** Ids of keys are short; a token's subject is as long as its issuer likes. */
function boundedKey(id: string): string {
  return id.length <= KEY_LENGTH_MAX ? id : `${id.slice(0, KEY_LENGTH_MAX)}…${id.length}`
}
const KEY_LENGTH_MAX = 256

function takerOf(on: RouteMatch): Rule['takes'] {
  const matcher = routeMatcher([on])
  // Routers that ignore case or read `%2f` and `;a` their own way must not turn one limit into many.
  const loose = routeMatcher([{ ...on, path: on.path.toLowerCase() }])
  return ({ host, method, path }) =>
    matcher.find(host, method, path) !== null || loose.find(host, method, loosestForm(path)) !== null
}

/** `client`, `client POST /login`, `client 2`: printable ASCII, which is what a structured field's text may hold (RFC 9651 §3.3.3). */
function uniqueName({ per, on }: LimitRule, names: Map<string, number>): string {
  const route = on === null ? [] : [on.method ?? '', `${on.host ?? ''}${on.path}`]
  const name = [per, ...route]
    .filter((part) => part !== '')
    .join(' ')
    .replaceAll(/[^ -~]/g, '?')
  const nth = (names.get(name) ?? 0) + 1
  names.set(name, nth)
  return nth === 1 ? name : `${name} ${nth}`
}
