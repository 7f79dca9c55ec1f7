import { z } from 'zod'
import {
  addressOrCidr,
  feedUrl,
  headerName,
  headerValue,
  httpUrl,
  methodRoute,
  origin,
  rate,
  secretName,
  text,
  timer,
  whole,
} from './fields.ts'
import { EXCEPTION_PLACE, THREAT_CLASS_NAMES } from '../threat-words.ts'
import { routeKey } from './gateway.ts'

const threats = () => z.enum(['block', 'monitor', 'off'])

const limitSchema = z.strictObject({
  per: z
    .enum(['client', 'key', 'subject', 'all'])
    .default('client')
    .describe("Who is counted: a client's address, an API key, a token's subject, or all together. Default 'client'."),
  on: methodRoute().optional().describe("The route it holds for, such as 'POST /api/login'. Default: every route."),
  allow: rate().describe("What is allowed, such as '10/s' or '5/5min'."),
  burst: whole(1, 1_000_000_000).optional().describe('Requests that may come at once. Default: the count of allow.'),
  cost: whole(1, 1_000_000).default(1).describe('What one request takes from the allowance. Default 1.'),
  whenStoreIsLost: z
    .enum(['allow', 'refuse', 'local'])
    .default('local')
    .describe(
      "What happens while the shared counts cannot be reached. Default 'local': each worker counts for itself.",
    ),
})

const identitySchema = z.strictObject({
  keys: secretName().optional().describe('The name of the secret that holds the API keys. Default: no API keys.'),
  jwt: z
    .strictObject({
      issuer: text().describe('The iss claim a token must have.'),
      audience: text().describe('The aud claim a token must have.'),
      jwks: httpUrl().optional().describe("URL of the issuer's keys. Default: found through the issuer."),
      secret: secretName().optional().describe('The name of the secret a token is signed with, instead of jwks.'),
    })
    .optional()
    .describe('Tokens that are believed. Default: none.'),
  protect: z.array(methodRoute()).default([]).describe('Routes that need an identity. Default: none.'),
  admin: z
    .strictObject({
      routes: z
        .array(methodRoute())
        .min(1, { error: 'at least one route; add one such as "/admin"' })
        .describe('Routes for administrators only.'),
      from: z.array(addressOrCidr()).optional().describe('Addresses they may come from. Default: any.'),
      role: text().optional().describe('The role a token must have. Default: any.'),
    })
    .optional()
    .describe('What administrators alone may reach. Default: nothing.'),
})

const lockoutSchema = z.strictObject({
  after: whole(1, 1_000_000).default(10).describe('Failed logins that lock a client out. Default 10.'),
  within: timer().prefault('5min').describe('The time in which they are counted. Default 5min.'),
  for: timer().prefault('15min').describe('How long the lockout lasts. Default 15min.'),
})

/** Who may do what. */
export const guardSchema = z.strictObject({
  threats: threats()
    .default('block')
    .describe("What happens to requests that look like attacks: block, monitor or off. Default 'block'."),
  routes: z
    .record(
      routeKey(),
      z.strictObject({
        threats: threats().optional().describe('As guard.threats, for this route. Default: guard.threats.'),
        fields: z
          .record(text(), z.enum(['html', 'code', 'password', 'url', 'text']))
          .optional()
          .describe('What a field holds, so that it is judged as that. Default: judged by what it looks like.'),
      }),
    )
    .default({})
    .describe('What is different on single routes. Default: nothing.'),
  exceptions: z
    .array(
      z.strictObject({
        class: z
          .enum(['*', ...THREAT_CLASS_NAMES])
          .describe("The class of attack that is not looked for, such as 'sqli'; '*' for all."),
        at: text()
          .regex(EXCEPTION_PLACE, {
            error: "a place such as 'POST /api/notes json:body.text'; name a route, a place or both",
          })
          .describe("Where: a route, a place in the request or both, such as '/search query:q'."),
        why: text().describe('The reason, for whoever reads this next.'),
      }),
    )
    .default([])
    .describe('Where the guard is known to be wrong. Default: nowhere.'),
  limits: z.array(limitSchema).default([]).describe('How often requests may come. Default: no limits.'),
  store: text()
    .optional()
    .describe(
      'The need of kind redis that keeps the counts of limits, so that several hosts share them. Default: control keeps them, for the workers of one host.',
    ),
  connections: z
    .strictObject({
      perClient: whole(1, 1_000_000)
        .default(20)
        .describe('Connections one client may hold; no bound where the config has no guard at all. Default 20.'),
    })
    .prefault({})
    .describe('How many connections are accepted.'),
  identity: identitySchema.optional().describe('Who is asking. Default: nobody is asked.'),
  lockout: lockoutSchema.prefault({}).describe('What repeated failed logins lead to.'),
  block: z.array(addressOrCidr()).default([]).describe('Addresses that are refused. Default: none.'),
  allow: z
    .array(addressOrCidr())
    .default([])
    .describe('Addresses that are never refused for their reputation. Default: none.'),
  feeds: z
    .array(
      z.strictObject({
        url: feedUrl().describe(
          "Where a list of addresses is read from: 'https://…', or 'file:…' relative to the config's folder.",
        ),
        every: timer().prefault('6h').describe('How often. Default 6h.'),
      }),
    )
    .default([])
    .describe('Lists of addresses that are refused: plain addresses and networks, or STIX 2.1. Default: none.'),
  headers: z
    .record(
      headerName(),
      z.union([headerValue(), z.literal(false)], {
        error: "a header's value or false; write text on one line, or false to leave it out",
      }),
    )
    .default({})
    .describe(
      'Overrides of the secure headers, such as Content-Security-Policy, which lets no inline script run; false leaves one out. Default: the secure ones.',
    ),
  cors: z
    .strictObject({
      origins: z.array(origin()).describe("Sites whose pages may read answers, such as 'https://app.example.com'."),
      credentials: z.boolean().default(false).describe('Whether they may send cookies. Default false.'),
    })
    .optional()
    .describe('Which other sites may read answers. Default: none.'),
})
