import type { Stage } from '../../context.ts'
import { lockedOut } from '../../logins.ts'
import { authenticate, authorise } from './authenticate.ts'
import { awaitForm } from './await-form.ts'
import { cors } from './cors.ts'
import { earlyLimit } from './early-limit.ts'
import { inspect } from './inspect.ts'
import { limit } from './limit.ts'
import { methodOverride } from './method-override.ts'
import { reputation } from './reputation.ts'

export { reputation }

/** What a policy asks, before anything is routed: each stage lets through or answers. Without a policy all of them let through. */
export const POLICY_STAGES: readonly Stage[] = [
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
  // What the next two look at in a small body, where the inspection has not waited for it.
  awaitForm,
  // May they, as the method that a form names?
  methodOverride,
  // Has this account failed too often?
  lockedOut,
]
