import { EventBatch } from '../guard/event-batch.ts'
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
import { createWorkerLimits } from './limits/worker-limits.ts'
import type { WorkerLimits } from './limits/worker-limits.ts'

import { Reputation } from '../guard/reputation/reputation.ts'

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
  readonly reputation: Reputation
  /** What has been reported and waits to be taken to control. */
  readonly events: EventBatch
  readonly limits: WorkerLimits
  /** A table has become current. Parts keep their memory as far as the policy is still the same. */
  apply(policy: GuardPolicy | null): void
  /** Tells control: of a refusal at once, of the rest soon. */
  report(event: SecurityEvent): void
  /** Whom to call when there is a refusal to tell of. */
  onRefusal(listener: () => void): void
}

export function createWorkerGuard(): WorkerGuard {
  const identity = createIdentityRoom()
  let put: SecurityHeaders = () => {}
  const reputation = new Reputation()
  const events = new EventBatch()
  let tellRefusal = (): void => {}
  const report = (event: SecurityEvent): void => {
    events.add(event)
    // A failed login is counted over all workers: the next may come to another.
    if (event.refused || event.kind === 'login-failed') tellRefusal()
  }
  const limits = createWorkerLimits(report)
  const guard = {
    policy: null as GuardPolicy | null,
    identity,
    loginPaths: createLoginPaths(),
    inspector: null as Inspector | null,
    securityHeaders: ((answer, secure) => put(answer, secure)) satisfies SecurityHeaders,
    reputation,
    events,
    apply(next: GuardPolicy | null) {
      guard.inspector = inspectorFor(guard.policy, next, guard.inspector)
      guard.policy = next
      identity.apply(next)
      limits.apply(next)
      put = next === null ? () => {} : securityHeaders(next.headers)
      reputation.configure({ allow: next?.allow ?? [], block: next?.block ?? [] })
    },
    limits,
    report,
    onRefusal: (listener: () => void) => void (tellRefusal = listener),
  }
  return guard
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
