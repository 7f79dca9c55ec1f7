import { boolean, either, list, number, oneOf, orNone, orNull, record, shape, text } from './plan-shape-checks.ts'

const threats = oneOf(['block', 'monitor', 'off'])
const match = { host: orNull(text), method: orNull(text), path: text }

export const guardShape = shape({
  threats,
  routes: list(shape({ ...match, threats: orNone(threats), fields: orNone(record(text)) })),
  exceptions: list(shape({ class: text, at: text, why: text })),
  limits: list(
    shape({
      per: oneOf(['client', 'key', 'subject', 'all']),
      on: orNull(shape(match)),
      count: number,
      perMs: number,
      burst: number,
      cost: number,
      whenStoreIsLost: oneOf(['allow', 'refuse', 'local']),
    }),
  ),
  store: orNone(text),
  connectionsPerClient: orNull(number),
  identity: orNull(
    shape({
      keys: orNull(text),
      jwt: orNull(shape({ issuer: text, audience: text, jwks: orNull(text), secret: orNull(text) })),
      protect: list(shape(match)),
      admin: orNull(shape({ routes: list(shape(match)), from: orNull(list(text)), role: orNull(text) })),
    }),
  ),
  lockout: shape({ after: number, withinMs: number, forMs: number }),
  block: list(text),
  allow: list(text),
  feeds: list(shape({ url: text, everyMs: number })),
  headers: record(either(text, oneOf([false]))),
  cors: orNull(shape({ origins: list(text), credentials: boolean })),
})

export const tlsShape = orNull(
  shape({
    source: either(
      shape({ kind: oneOf(['files']), cert: text, key: text }),
      shape({ kind: oneOf(['acme']), email: text, directory: orNull(text) }),
      shape({ kind: oneOf(['self-signed']) }),
    ),
    port: number,
    redirect: boolean,
  }),
)
