import type { Stage } from '../../context.ts'
import { lockedOut } from '../../logins.ts'
import { authenticate, authorise } from './authenticate.ts'
import { cors } from './cors.ts'
import { inspect } from './inspect.ts'

/**
 * The guard's part of the pipeline, before anything is routed. In this order: reputation (is this address blocked?), early
 * refusals of the limits (known without asking anybody), other sites (a preflight has no credential), authentication (who asks), limits (all of them in one go),
 * authorisation (may they?), inspection (is it an attack?), lockout (has this account failed too often?), which knows the body by then.
 */
export const GUARD_STAGES: readonly Stage[] = [cors, authenticate, authorise, inspect, lockedOut]
