/** Who asks, and whether they may. */
import { BlockList, isIP } from 'node:net'
import { normalPath } from '../../core/normal-path.ts'
import { routeMatcher } from '../../core/route-match.ts'
import type { RouteMatcher } from '../../core/route-match.ts'
import type { IdentityPolicy, RouteMatch } from '../policy.ts'
import type { GuardRequest, Principal } from '../request.ts'
import type { KeyRing } from './api-keys.ts'
import { credentialOf } from './credential.ts'
import type { Credential } from './credential.ts'
import type { TokenFinding, TokenVerifier } from './tokens.ts'
import { pathForms } from './path-forms.ts'

/** `fault`: why the credential that was shown does not count; null when it does, or none was shown. */
export interface Identified {
  readonly principal: Principal | null
  readonly shown: boolean
  readonly fault: { readonly kind: 'wrong' | 'expired' | 'unavailable'; readonly reason: string } | null
}

export type Authorised =
  | { readonly kind: 'granted' }
  | { readonly kind: 'refused'; readonly status: 401 | 403 | 503; readonly reason: string }

export interface Identity {
  /** Whether anything is protected here: who asks is found out only where it matters, and for limits by key or subject. */
  concerns(request: GuardRequest): boolean
  identify(request: GuardRequest): Identified | Promise<Identified>
  authorise(request: GuardRequest, identified: Identified): Authorised
}

export interface IdentityParts {
  readonly keys: KeyRing | null
  readonly tokens: TokenVerifier | null
  readonly now: () => number
  /** Why nothing can be checked: what is protected stays closed. @default null */
  readonly fault?: string | null
}

const NOBODY: Identified = { principal: null, shown: false, fault: null }

export function createIdentity(
  policy: IdentityPolicy,
  { keys, tokens, now, fault: broken = null }: IdentityParts,
): Identity {
  const protect = protectorOf(policy.protect)
  const admin = protectorOf(policy.admin?.routes ?? [])
  const adminFrom = policy.admin?.from ?? null
  const from = adminFrom === null ? null : blockListOf(adminFrom)
  return {
    concerns: (request) => takes(admin, request) || takes(protect, request),
    identify(request) {
      const credential = credentialOf(request.headers)
      if (credential === null) return NOBODY
      if (credential === 'ambiguous') return wrong('two credentials that differ')
      return credential.kind === 'token' && tokens !== null ? ofToken(credential) : ofKey(credential)
    },
    authorise(request, identified) {
      const isAdmin = takes(admin, request)
      // First the network: who is outside learns nothing about roles and credentials.
      if (isAdmin && from !== null && !contains(from, request.client)) {
        return { kind: 'refused', status: 403, reason: 'This is not for your network.' }
      }
      if (!isAdmin && !takes(protect, request)) return { kind: 'granted' }
      const { principal, fault } = identified
      if (fault?.kind === 'unavailable' || broken !== null)
        return { kind: 'refused', status: 503, reason: 'Credentials cannot be checked now.' }
      const role = policy.admin?.role ?? null
      // A network alone is enough where nobody can have an identity.
      if (isAdmin && role === null && keys === null && tokens === null) return { kind: 'granted' }
      if (principal === null) {
        return {
          kind: 'refused',
          status: 401,
          reason: fault === null ? 'A credential is needed.' : `The credential does not count: ${fault.reason}.`,
        }
      }
      if (isAdmin && role !== null && !principal.roles.includes(role)) {
        return { kind: 'refused', status: 403, reason: 'This needs another role.' }
      }
      return { kind: 'granted' }
    },
  }

  function ofKey({ text }: Credential): Identified {
    const found = keys?.find(text, now()) ?? { kind: 'unknown' as const }
    if (found.kind === 'known') return { principal: found.principal, shown: true, fault: null }
    return found.kind === 'expired' ? expired('the key has expired') : wrong('nobody has this key')
  }

  function ofToken({ text }: Credential): Identified | Promise<Identified> {
    const found = tokens!.verify(text)
    return found instanceof Promise ? found.then(asIdentified) : asIdentified(found)
  }
}

function asIdentified(found: TokenFinding): Identified {
  if (found.kind === 'known') return { principal: found.principal, shown: true, fault: null }
  return { principal: null, shown: true, fault: { kind: found.kind, reason: found.reason } }
}

function wrong(reason: string): Identified {
  return { principal: null, shown: true, fault: { kind: 'wrong', reason } }
}

function expired(reason: string): Identified {
  return { principal: null, shown: true, fault: { kind: 'expired', reason } }
}

/** Rules in lower case as well: one of the forms of a path is. */
function protectorOf(routes: readonly RouteMatch[]): RouteMatcher<RouteMatch> {
  return routeMatcher([...routes, ...routes.map((route) => ({ ...route, path: route.path.toLowerCase() }))])
}

/**
 * By every reading of the path that some server might have: what is protected must not be reached by spelling it otherwise. Also
 * as it stands, with its dot segments: routers that do not remove them take `/admin/..` for `/admin`.
 */
function takes(matcher: RouteMatcher<RouteMatch>, { host, method, target, headers }: GuardRequest): boolean {
  const query = target.indexOf('?')
  const paths = [query === -1 ? target : target.slice(0, query)]
  // HEAD is GET without the body; a server may take either for the other.
  const methods = method === 'HEAD' ? ['HEAD', 'GET'] : [method]
  for (let index = 0; index < headers.length; index += 2) {
    const told = OVERRIDES.get(headers[index]!.toLowerCase())
    if (told === 'method') methods.push(headers[index + 1]!.trim().toUpperCase())
    else if (told === 'path') paths.push(headers[index + 1]!.split('?', 1)[0]!.trim())
  }
  if (query >= 0) methods.push(...methodsIn(target.slice(query + 1)))
  return paths
    .flatMap((path) => pathForms(path))
    .some((form) =>
      methods.some(
        (one) => matcher.find(host, one, normalPath(form)) !== null || matcher.find(host, one, form) !== null,
      ),
    )
}

/** What `_method` of a query or a form tells frameworks instead of POST: Laravel, Symfony, Rails' Rack, Express' method-override. */
export function methodsIn(parameters: string): string[] {
  if (!MAY_TELL_METHOD.test(parameters)) return []
  return [...new URLSearchParams(parameters)].flatMap(([name, value]) =>
    readByPhp(name) === '_method' ? [value.trim().toUpperCase()] : [],
  )
}

const MAY_TELL_METHOD = /method|%/

/** PHP drops blanks before a name and what follows a NUL in it, and writes `_` for a blank, a dot and a bracket that nothing closes. */
function readByPhp(name: string): string {
  return name.replace(/\0.*$/s, '').trimStart().replaceAll(/[ .[]/g, '_')
}

/** By these a client tells frameworks another method or path than the request line: Symfony, Rails' Rack, IIS and others. */
const OVERRIDES: ReadonlyMap<string, 'method' | 'path'> = new Map([
  ['x-http-method-override', 'method'],
  ['x-http-method', 'method'],
  ['x-method-override', 'method'],
  ['x-original-url', 'path'],
  ['x-rewrite-url', 'path'],
])

function blockListOf(blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [address, bits] = block.split('/')
    const family = isIP(address!) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address!, family)
    else list.addSubnet(address!, Number(bits), family)
  }
  return list
}

function contains(list: BlockList, address: string): boolean {
  const family = isIP(address)
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4')
}
