import { z } from 'zod'
import { cidr, email, headerName, headerValue, methodRoute, pause, size, text, timer, whole } from './fields.ts'

const listenPort = () => whole(0, 65_535, 8080)

const timeoutsSchema = z.strictObject({
  connect: timer().prefault('2s').describe('For a TCP connection to an instance. Default 2s.'),
  firstByte: timer().prefault('30s').describe("From the request's last byte to the answer's first. Default 30s."),
  request: timer().prefault('60s').describe('For the client to deliver the whole request. Default 60s.'),
  idle: timer().prefault('75s').describe('How long a quiet connection is kept. Default 75s.'),
  websocketIdle: timer().prefault('24h').describe('How long a quiet WebSocket is kept. Default 24h.'),
})

const routeOptionsSchema = z.strictObject({
  timeout: timer()
    .optional()
    .describe("From the request's last byte to the answer's first. Default: timeouts.firstByte."),
  body: size().optional().describe("The largest body. Default: the gateway's."),
  retry: z
    .boolean()
    .optional()
    .describe('Whether idempotent requests are tried again on another instance. Default true.'),
  compress: z.boolean().optional().describe("Whether answers are compressed. Default: the gateway's."),
  headers: z.record(headerName(), headerValue()).optional().describe('Headers added to the answers. Default: none.'),
})

const tlsSchema = z.union(
  [
    z.strictObject({
      files: z
        .strictObject({
          cert: text().describe('PEM file of the certificate and its chain.'),
          key: text().describe('PEM file of the private key.'),
        })
        .describe('Certificates from files.'),
    }),
    z.strictObject({
      acme: z
        .strictObject({
          email: email().describe('Where the authority writes to.'),
          directory: text().optional().describe("The authority's directory URL. Default: Let's Encrypt."),
        })
        .describe('Certificates from an authority that speaks ACME.'),
    }),
    z.literal('self-signed'),
  ],
  { error: "one way to get certificates; write { files: { cert, key } }, { acme: { email } } or 'self-signed'" },
)

const pauseSchema = z.strictObject({
  queue: whole(0, 1_000_000).default(1000).describe('Requests that may wait while a service is paused. Default 1000.'),
  bytes: size().prefault('64MiB').describe('Bytes of bodies that may wait. Default 64MiB.'),
  wait: pause().prefault('30s').describe('How long a request may wait. Default 30s.'),
})

/** The front door. */
export const gatewaySchema = z.strictObject({
  listen: z
    .strictObject({
      http: listenPort().default(8080).describe('Port for HTTP; 0 takes any free one. Default 8080.'),
      https: listenPort()
        .default(8443)
        .describe('Port for HTTPS, where TLS is on; 0 takes any free one. Default 8443.'),
    })
    .prefault({})
    .describe('Ports it listens on.'),
  workers: whole(1, 64).optional().describe('Worker processes, 1 to 64. Default: one for each core.'),
  tls: tlsSchema.optional().describe('Where certificates come from. Default: no TLS.'),
  redirectToHttps: z.boolean().optional().describe('Whether HTTP is sent on to HTTPS. Default: true where TLS is on.'),
  trustedProxies: z
    .array(cidr())
    .default([])
    .describe('CIDR blocks whose forwarding and correlation headers are believed. Default: none.'),
  timeouts: timeoutsSchema.prefault({}).describe('How long the gateway waits.'),
  body: size().prefault('10MiB').describe('The largest request body. Default 10MiB.'),
  routes: z
    .record(routeKey(), routeOptionsSchema)
    .default({})
    .describe('Options of single routes: the longest matching prefix counts.'),
  compress: z.boolean().default(true).describe('Whether answers are compressed. Default true.'),
  pause: pauseSchema.prefault({}).describe('What may wait while a service is paused.'),
  accessLog: z.boolean().default(true).describe('Whether every request is written down. Default true.'),
})

/** A route as a key: checked here, parsed where the key is read, since a record keeps its keys as text. */
export function routeKey() {
  return z.string().superRefine((key, context) => {
    const result = methodRoute().safeParse(key)
    if (!result.success) context.addIssue({ code: 'custom', message: result.error.issues[0]!.message })
  })
}
