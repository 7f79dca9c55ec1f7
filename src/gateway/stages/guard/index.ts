import type { Stage } from '../../context.ts'
import { lockedOut } from '../../logins.ts'
import { authenticate, authorise } from './authenticate.ts'
import { cors } from './cors.ts'
import { earlyLimit } from './early-limit.ts'
import { inspect } from './inspect.ts'
import { limit } from './limit.ts'
import { reputation } from './reputation.ts'

/** The guard's part of the pipeline, before anything is routed: each stage of it lets through or answers. */
export const GUARD_STAGES: readonly Stage[] = [
  // Is this address blocked?
  reputation,
  // Other sites: before anybody is asked for a credential, since a preflight has none.
  cors,
  // Refused now, as far as is known without asking anybody?
  earlyLimit,
  // Who asks?
  authenticate,
  // Within all limits, in one go?
  limit,
  // May they? Behind the limits, so that guessing is limited.
  authorise,
  // Is it an attack?
  inspect,
  // Has this account failed too often? Behind the inspection, which has read the body.
  lockedOut,
]
