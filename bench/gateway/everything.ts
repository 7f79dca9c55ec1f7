/** Everything on: what a service with a guard pays for each request. Limits are set where they count and refuse nobody. */
import type { GuardPolicy } from '../../src/guard/policy.ts'
import type { OwnFeatures } from './own.ts'

const PER_SECOND_BEYOND_REACH = 10_000_000

const policy: GuardPolicy = {
  threats: 'block',
  routes: [],
  exceptions: [],
  limits: [
    {
      id: 'client',
      per: 'client',
      on: null,
      count: PER_SECOND_BEYOND_REACH,
      perMs: 1_000,
      burst: PER_SECOND_BEYOND_REACH,
      cost: 1,
      whenStoreIsLost: 'local',
    },
  ],
  connectionsPerClient: 10_000,
  identity: null,
  probes: [],
  workers: 1,
  lockout: { after: 10, withinMs: 60_000, forMs: 60_000 },
  block: ['203.0.113.0/24'],
  allow: [],
  feeds: [],
  headers: {},
  cors: { origins: ['https://shop.example.com'], credentials: true },
}

export const EVERYTHING: OwnFeatures = {
  words:
    'strict reader, blocked addresses, limit per client, connection cap, inspection (block), security headers, CORS, correlation id, traceparent, counters, deadlines, access log',
  log: true,
  guard: policy,
}
