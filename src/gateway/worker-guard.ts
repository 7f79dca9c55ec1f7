import type { SecurityEvent } from '../guard/event.ts'
import { securityHeaders } from '../guard/answer/security-headers.ts'
import type { SecurityHeaders } from '../guard/answer/security-headers.ts'
import { createInspector } from '../guard/inspect/inspector.ts'
import type { Inspector } from '../guard/inspect/inspector.ts'
import type { GuardPolicy } from '../guard/policy.ts'
import { createIdentityRoom } from './identity-room.ts'
import type { IdentityRoom } from './identity-room.ts'
import { createLoginPaths } from './login-paths.ts'
import type { LoginPaths } from './login-paths.ts'

/** Events kept for control while it is away; beyond, they are counted as dropped. */
export const EVENTS_MAX = 4096

/** The guard of one worker: what its stages share. */
export interface WorkerGuard {
  /** Null: the table has none, and every stage of the guard lets everything through. */
  readonly policy: GuardPolicy | null
  /** Puts on every answer what tells browsers what it may do. */
  readonly securityHeaders: SecurityHeaders
  readonly identity: IdentityRoom
  readonly loginPaths: LoginPaths
  /** Null: nothing is judged anywhere. */
  readonly inspector: Inspector | null
  /** Of a client, 0 to 100. */
  riskOf(client: string): number
  /** A table has become current. Parts keep their memory as far as the policy is still the same. */
  apply(policy: GuardPolicy | null): void
  /** Tells control, soon. */
  report(event: SecurityEvent): void
  /** What has been reported since the last call. */
  takeEvents(): { readonly events: readonly SecurityEvent[]; readonly dropped: number }
}

export function createWorkerGuard(): WorkerGuard {
  let policy: GuardPolicy | null = null
  const identity = createIdentityRoom()
  let inspector: Inspector | null = null
  let put: SecurityHeaders = () => {}
  let events: SecurityEvent[] = []
  let dropped = 0
  return {
    get policy() {
      return policy
    },
    identity,
    loginPaths: createLoginPaths(),
    get inspector() {
      return inspector
    },
    riskOf: () => 0,
    securityHeaders: (headers, secure) => put(headers, secure),
    apply(next) {
      inspector = inspectorFor(policy, next, inspector)
      policy = next
      identity.apply(next)
      put = next === null ? () => {} : securityHeaders(next.headers)
    },
    report(event) {
      if (events.length < EVENTS_MAX) events.push(event)
      else dropped += 1
    },
    takeEvents() {
      const taken = { events, dropped }
      events = []
      dropped = 0
      return taken
    },
  }
}

/** The same one as long as what it was made from is the same: what it remembers stays true. */
function inspectorFor(
  before: GuardPolicy | null,
  next: GuardPolicy | null,
  current: Inspector | null,
): Inspector | null {
  if (next === null || (next.threats === 'off' && next.routes.every(({ threats = 'off' }) => threats === 'off')))
    return null
  const same = current !== null && JSON.stringify(inspected(before)) === JSON.stringify(inspected(next))
  return same ? current : createInspector(next)
}

function inspected(policy: GuardPolicy | null): readonly unknown[] {
  return policy === null ? [] : [policy.threats, policy.routes, policy.exceptions]
}
