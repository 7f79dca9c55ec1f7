import { HOOK_TIMES, TARGETS } from '../config/resolved.ts'
import { boolean, list, number, oneOf, orNone, orNull, record, shape, text } from './plan-shape-checks.ts'
import type { Check } from './plan-shape-checks.ts'
import { guardShape, tlsShape } from './plan-shape-guard.ts'
import { alertsShape, backupsShape, promisesShape, telemetryShape } from './plan-shape-promises.ts'
import { OPERATION_KINDS, PLAN_KINDS, type Plan } from '../deploy/plan.ts'

/**
 * Whether a value is a plan in all that a command, the engine and control take for granted. Its hash says that nobody has
 * changed it, not that it was made by `seaworthy plan`: whoever writes one by hand can sign it as well.
 */
export function isPlan(value: unknown): value is Plan {
  return plan(value)
}

const argv = list(text)
const request = shape({ method: text, host: orNull(text), path: text })
const answer = { status: orNull(number), body: orNull(text) }
const run: Check = (value) =>
  [
    shape({ kind: oneOf(['program']), argv: (words) => argv(words) && (words as unknown[]).length > 0 }),
    shape({ kind: oneOf(['static']), folder: text }),
    shape({ kind: oneOf(['image']), image: text }),
  ].some((check) => check(value))
const ready: Check = (value) =>
  [
    shape({ kind: oneOf(['http']), path: text }),
    shape({ kind: oneOf(['command']), argv }),
    shape({ kind: oneOf(['default', 'alive']) }),
  ].some((check) => check(value))

const service = shape({
  path: text,
  build: orNull(argv),
  run,
  port: orNull(number),
  templates: record(text),
  routes: list(shape({ host: orNull(text), path: text })),
  protocol: oneOf(['http1', 'h2c']),
  affinity: oneOf(['none', 'cookie']),
  health: shape({
    ready,
    live: orNull(text),
    startup: orNull(text),
    expect: shape(answer),
    intervalMs: number,
    timeoutMs: number,
    passes: number,
    failures: number,
    deadlineMs: number,
  }),
  env: record(text),
  secrets: list(text),
  migrate: shape({ expand: orNull(argv), contract: orNull(argv) }),
  instances: number,
  scale: shape({
    min: number,
    max: number,
    cpu: orNull(number),
    memory: orNull(number),
    perSecond: orNull(number),
    queue: orNull(shape({ metric: text, target: number })),
  }),
  uses: record(oneOf(['required', 'optional'])),
  cpu: orNull(number),
  memoryBytesMax: orNull(number),
  graceMs: number,
  writable: list(text),
})

const gateway = shape({
  http: number,
  tls: tlsShape,
  compress: boolean,
  workers: orNull(number),
  trustedProxies: list(text),
  timeouts: shape({
    connectMs: number,
    firstByteMs: number,
    requestMs: number,
    idleMs: number,
    websocketIdleMs: number,
  }),
  bodyBytesMax: number,
  routes: list(
    shape({
      host: orNull(text),
      method: orNull(text),
      path: text,
      timeoutMs: orNone(number),
      bodyBytesMax: orNone(number),
      retry: orNone(boolean),
      compress: orNone(boolean),
      headers: orNone(record(text)),
    }),
  ),
  accessLog: boolean,
  pause: shape({ queue: number, bytesMax: number, waitMs: number }),
})

const config = shape({
  name: text,
  environment: text,
  target: oneOf(TARGETS),
  domain: orNull(text),
  strategy: oneOf(['blue-green', 'canary', 'recreate']),
  services: record(service),
  gateway,
  guard: guardShape,
  drainMs: number,
  watch: shape({ forMs: number, errors: number, p95Ratio: number, sample: number, warmMs: number }),
  smoke: list(shape({ request, expect: shape({ ...answer, withinMs: orNull(number) }) })),
  witness: shape({ requests: list(request), perSecond: number }),
  needs: record(
    shape({
      kind: oneOf(['postgres', 'redis', 'kafka', 'sqlite', 'http']),
      version: orNull(text),
      url: orNull(text),
      role: oneOf(['store', 'cache']),
      bytesMax: orNull(number),
    }),
  ),
  canary: shape({ steps: list(number), everyMs: number, sample: number }),
  hooks: shape(Object.fromEntries(HOOK_TIMES.map((time) => [time, orNull(argv)]))),
  approval: boolean,
  promises: promisesShape,
  alerts: alertsShape,
  backups: backupsShape,
  telemetry: telemetryShape,
})

const plan = shape({
  kind: oneOf(PLAN_KINDS),
  base: shape({ live: orNull(text), warm: orNull(text), sequence: number }),
  release: shape({
    id: text,
    sequence: number,
    digest: text,
    config,
    artifacts: record(text),
    secrets: record(text),
    migrationLevel: number,
    createdAt: number,
    promoted: orNone(shape({ environment: text, release: text, made: record(text) })),
  }),
  operations: list(
    shape({
      id: text,
      kind: oneOf(OPERATION_KINDS),
      service: orNull(text),
      need: orNone(text),
      by: oneOf(['cli', 'control']),
      because: text,
    }),
  ),
  changes: list(shape({ path: text, from: orNull(text), to: orNull(text) })),
  downtime: list(shape({ service: text, because: text })),
  retires: list(text),
  by: orNone(text),
  hash: text,
})
