import type { CheckedConfig } from './check.ts'
import { formatPath, showValue, type Path } from './path.ts'

/**
 * Keys that are accepted although the part they belong to is not built yet: a line for each that the config uses, such as
 * 'guard.limits: not yet in effect'. What is in effect is listed here, so that a new key is reported until it is added.
 */
export function notYetInEffect(checked: CheckedConfig): readonly string[] {
  return walk(checked.app, [])
}

const SERVICE = [
  'path',
  'build',
  'start',
  'static',
  'port',
  'templates',
  'routes',
  'protocol',
  'affinity',
  'health',
  'env',
  'secrets',
  'migrate',
  'resources',
  'scale',
  'grace',
  'writable',
  'uses',
]

const GATEWAY = [
  'listen',
  'tls',
  'redirectToHttps',
  'workers',
  'trustedProxies',
  'timeouts',
  'body',
  'pause',
  'accessLog',
  'compress',
  ...['timeout', 'body', 'retry', 'compress', 'headers'].map((key) => `routes.*.${key}`),
]

const ENVIRONMENT = [
  'target',
  'host',
  'context',
  'namespace',
  'registry',
  'domain',
  'state',
  'secrets',
  'strategy',
  'canary',
  'watch',
  'drain',
  'smoke',
  'witness',
  'hooks',
  'approval',
  'loki',
  'otlp',
  'prometheus',
  ...SERVICE.map((key) => `overrides.services.*.${key}`),
  ...GATEWAY.map((key) => `overrides.gateway.${key}`),
  'overrides.guard',
]

/** A name stands for itself and for all that is below it. */
const IN_EFFECT: readonly Path[] = [
  'name',
  'owner',
  ...['kind', 'version', 'url', 'role', 'size'].map((key) => `needs.*.${key}`),
  ...SERVICE.map((key) => `services.*.${key}`),
  ...GATEWAY.map((key) => `gateway.${key}`),
  'guard',
  'promises',
  ...ENVIRONMENT.map((key) => `environments.*.${key}`),
  'alerts',
].map((key) => key.split('.'))

/** Of these keys only some values are in effect. */
const VALUES: readonly (readonly [path: Path, values: readonly string[]])[] = [
  [['services', '*', 'protocol'], ['http1']],
  [['environments', '*', 'overrides', 'services', '*', 'protocol'], ['http1']],
]

function walk(value: unknown, path: Path): readonly string[] {
  const values = VALUES.find(([pattern]) => pattern.length === path.length && startsWith(path, pattern))?.[1]
  if (values !== undefined && !values.some((known) => known === value)) {
    return [`${formatPath(path)}: ${showValue(value)} is not yet in effect`]
  }
  if (IN_EFFECT.some((pattern) => startsWith(path, pattern))) return []
  const leadsOn = IN_EFFECT.some((pattern) => startsWith(pattern, path))
  if (!leadsOn || typeof value !== 'object' || value === null) {
    return [`${formatPath(path)}: not yet in effect`]
  }
  return Object.entries(value).flatMap(([key, held]) => walk(held, [...path, key]))
}

/** Whether `path` begins with `start`, where '*' on either side is any name. */
function startsWith(path: Path, start: Path): boolean {
  return (
    start.length <= path.length &&
    start.every((key, index) => key === '*' || path[index] === '*' || key === path[index])
  )
}
