import { resolve } from 'node:path'
import { Problem } from '../core/problem.ts'
import { nearest } from '../core/nearest.ts'
import { environmentNames, type CheckedConfig } from './check.ts'
import { mergeOverrides } from './merge.ts'
import type {
  ResolvedApp,
  ResolvedGateway,
  ResolvedHealth,
  ResolvedNeed,
  ResolvedRequest,
  ResolvedScale,
  ResolvedService,
  ResolvedTls,
} from './resolved.ts'
import { resolveGuard } from './resolve-guard.ts'
import { resolveAlerts, resolveBackups, resolvePromises } from './resolve-promises.ts'
import { requestOf, routeOf } from './rules/scene.ts'
import { appSchema, type FilledApp, type Service } from './schema/app.ts'
import { splitWords } from '../core/words.ts'

type FilledService = FilledApp['services'][string]
type FilledEnvironment = FilledApp['environments'][string]

/**
 * What a config means in one environment: overrides merged, defaults filled in, every quantity parsed.
 * @throws config.unknown-environment, which lists the names there are
 */
export function resolveEnvironment(checked: CheckedConfig, environmentName: string): ResolvedApp {
  const written = Object.hasOwn(checked.app.environments, environmentName)
    ? checked.app.environments[environmentName]
    : undefined
  if (written === undefined) throw unknownEnvironment(checked, environmentName)
  const merged = mergeOverrides(checked.app, written)
  const app = appSchema.parse(merged)
  const environment = app.environments[environmentName]!
  const { watch } = environment
  return {
    name: app.name,
    environment: environmentName,
    target: environment.target,
    domain: environment.domain ?? null,
    strategy: environment.strategy,
    services: Object.fromEntries(
      Object.entries(app.services).map(([name, service]) => [name, resolveService(service, merged.services[name]!)]),
    ),
    gateway: resolveGateway(app.gateway, checked.folder),
    guard: resolveGuard(app.guard, checked.folder),
    drainMs: environment.drain,
    watch: {
      forMs: watch.for,
      errors: watch.errors,
      p95Ratio: watch.p95,
      sample: watch.sample,
      warmMs: watch.warm,
    },
    smoke: environment.smoke.map(({ request, expect }) => ({
      request,
      expect: { status: expect.status ?? null, body: expect.body ?? null, withinMs: expect.within ?? null },
    })),
    witness: resolveWitness(app, environment),
    needs: Object.fromEntries(Object.entries(app.needs).map(([name, need]) => [name, resolveNeed(need)])),
    canary: {
      steps: environment.canary.steps,
      everyMs: environment.canary.every,
      sample: environment.canary.sample,
    },
    hooks: {
      before: environment.hooks.before ?? null,
      after: environment.hooks.after ?? null,
      failed: environment.hooks.failed ?? null,
    },
    approval: environment.approval,
    promises: resolvePromises(app),
    alerts: resolveAlerts(app),
    backups: resolveBackups(app),
    telemetry: {
      prometheus: environment.prometheus ?? null,
      loki: environment.loki ?? null,
      otlp: environment.otlp ?? null,
    },
  }
}

function resolveNeed({ kind, version, url, role, size }: FilledApp['needs'][string]): ResolvedNeed {
  return {
    kind,
    version: version === undefined ? null : String(version),
    url: url ?? null,
    role: role ?? 'store',
    bytesMax: size ?? null,
  }
}

function resolveScale({ scale }: FilledService): ResolvedScale {
  return {
    min: scale.min,
    max: scale.max ?? scale.min,
    cpu: scale.cpu ?? null,
    memory: scale.memory ?? null,
    perSecond: scale.rate === undefined ? null : (scale.rate.count * 1000) / scale.rate.perMs,
    queue: scale.queue ?? null,
  }
}

function unknownEnvironment(checked: CheckedConfig, name: string): Problem {
  const names = environmentNames(checked)
  const meant = nearest(name, names)
  return new Problem('config.unknown-environment', `${checked.file} has no environment '${name}'`, {
    hint: `${meant === null ? '' : `Did you mean '${meant}'? `}There is: ${names.join(', ')}.`,
  })
}

function resolveService(service: FilledService, written: Service): ResolvedService {
  return {
    path: service.path,
    build: service.build ?? null,
    run: resolveRun(service),
    port: service.port ?? null,
    templates: service.templates,
    routes: service.routes.map(({ host, path }) => ({ host, path })),
    protocol: service.protocol,
    affinity: service.affinity,
    health: resolveHealth(service, written.health?.ready),
    env: service.env,
    secrets: service.secrets,
    migrate: { expand: service.migrate.expand ?? null, contract: service.migrate.contract ?? null },
    instances: service.scale.min,
    scale: resolveScale(service),
    uses: service.uses,
    cpu: service.resources.cpu ?? null,
    memoryBytesMax: service.resources.memory ?? null,
    graceMs: service.grace,
    writable: service.writable,
  }
}

function resolveRun({ start, static: folder, image }: FilledService): ResolvedService['run'] {
  if (start !== undefined) return { kind: 'program', argv: start }
  if (folder !== undefined) return { kind: 'static', folder }
  return { kind: 'image', image: image! } // checked: exactly one of the three is there
}

function resolveHealth({ health, routes }: FilledService, ready: string | undefined): ResolvedHealth {
  return {
    ready: resolveReady(ready, routes.length > 0),
    live: health.live ?? null,
    startup: health.startup ?? null,
    expect: { status: health.expect?.status ?? null, body: health.expect?.body ?? null },
    intervalMs: health.interval,
    timeoutMs: health.timeout,
    passes: health.passes,
    failures: health.failures,
    deadlineMs: health.deadline,
  }
}

function resolveReady(ready: string | undefined, routed: boolean): ResolvedHealth['ready'] {
  if (ready === undefined) return { kind: routed ? 'default' : 'alive' }
  if (ready.startsWith('/')) return { kind: 'http', path: ready }
  const split = splitWords(ready)
  return { kind: 'command', argv: split.ok ? split.words : [ready] }
}

function resolveGateway(gateway: FilledApp['gateway'], folder: string): ResolvedGateway {
  const { timeouts } = gateway
  return {
    http: gateway.listen.http,
    tls: resolveTls(gateway, folder),
    compress: gateway.compress,
    workers: gateway.workers ?? null,
    trustedProxies: gateway.trustedProxies,
    timeouts: {
      connectMs: timeouts.connect,
      firstByteMs: timeouts.firstByte,
      requestMs: timeouts.request,
      idleMs: timeouts.idle,
      websocketIdleMs: timeouts.websocketIdle,
    },
    bodyBytesMax: gateway.body,
    routes: Object.entries(gateway.routes).map(([key, { timeout, body, retry, compress, headers }]) => {
      const { host, method, path } = routeOf(key)
      return {
        host,
        method,
        path,
        ...(timeout === undefined ? {} : { timeoutMs: timeout }),
        ...(body === undefined ? {} : { bodyBytesMax: body }),
        ...(retry === undefined ? {} : { retry }),
        ...(compress === undefined ? {} : { compress }),
        ...(headers === undefined ? {} : { headers }),
      }
    }),
    accessLog: gateway.accessLog,
    pause: { queue: gateway.pause.queue, bytesMax: gateway.pause.bytes, waitMs: gateway.pause.wait },
  }
}

function resolveTls({ tls, listen, redirectToHttps }: FilledApp['gateway'], folder: string): ResolvedTls | null {
  if (tls === undefined) return null
  return { source: tlsSource(tls, folder), port: listen.https, redirect: redirectToHttps ?? true }
}

/** Whoever reads the files knows nothing of the config's folder. */
function tlsSource(tls: NonNullable<FilledApp['gateway']['tls']>, folder: string): ResolvedTls['source'] {
  if (tls === 'self-signed') return { kind: 'self-signed' }
  if ('files' in tls) {
    return { kind: 'files', cert: resolve(folder, tls.files.cert), key: resolve(folder, tls.files.key) }
  }
  return { kind: 'acme', email: tls.acme.email, directory: tls.acme.directory ?? null }
}

/** What the witness asks for where nothing is declared: the front page, else whatever comes first. */
function resolveWitness(app: FilledApp, { witness }: FilledEnvironment): ResolvedApp['witness'] {
  const perSecond = (witness.rate.count * 1000) / witness.rate.perMs
  if (witness.request !== undefined) return { requests: witness.request, perSecond }
  const routes = Object.values(app.services).flatMap((service) => service.routes)
  const front = routes.filter(({ path }) => path === '/')
  const chosen = front.find(({ host }) => host === null) ?? front[0] ?? routes[0]
  const requests: readonly ResolvedRequest[] =
    chosen === undefined ? [] : [{ ...requestOf(chosen.path), method: 'GET', host: chosen.host }]
  return { requests, perSecond }
}
