import type { SecurityEvent } from '../guard/event.ts'
import { securityHeaders } from '../guard/answer/security-headers.ts'
import type { SecurityHeaders } from '../guard/answer/security-headers.ts'
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
  let put: SecurityHeaders = () => {}
  let events: SecurityEvent[] = []
  let dropped = 0
  return {
    get policy() {
      return policy
    },
    identity,
    loginPaths: createLoginPaths(),
    securityHeaders: (headers, secure) => put(headers, secure),
    apply(next) {
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
