import type { ResolvedApp } from '../../config/resolved.ts'
import type { AlertRule } from '../alert-rule.ts'
import { alertPathRules } from './alert-path.ts'
import { backupRules, rhythmMs } from './backups.ts'
import { certificateRules } from './certificates.ts'
import { hostRules } from './host.ts'
import { instanceRules, queueRules } from './instances.ts'
import { needRules, type WatchedNeed } from './needs.ts'
import { requestRules } from './requests.ts'
import { securityRules } from './security.ts'

/** The alerts that every app gets, for what it has: without a Redis none about Redis. */
export function builtInRules(app: ResolvedApp): readonly AlertRule[] {
  const services = Object.entries(app.services)
  const programs = services.filter(([, { run }]) => run.kind !== 'static').map(([name]) => name)
  const isRouted = services.some(([, { routes }]) => routes.length > 0)
  return [
    ...(isRouted ? requestRules() : []),
    ...instanceRules(programs),
    ...(services.some(([, { scale }]) => scale.queue !== null) ? queueRules() : []),
    ...hostRules(),
    ...needRules(watchedNeeds(app)),
    ...(app.gateway.tls === null ? [] : certificateRules()),
    ...backupRules(
      Object.entries(app.backups ?? {}).map(([need, { every }]) => ({
        need,
        everyMs: rhythmMs(every, promisedRpoMs(app, need)),
      })),
    ),
    ...(isRouted ? securityRules() : []),
    ...alertPathRules(),
  ]
}

function promisedRpoMs({ promises = {} }: ResolvedApp, need: string): number | null {
  const promised = Object.values(promises).flatMap(({ on, rpoMs }) =>
    on.kind === 'need' && on.need === need && rpoMs !== null ? [rpoMs] : [],
  )
  return promised.length === 0 ? null : Math.min(...promised)
}

/** Those that some service uses, and that can be asked how they are. */
function watchedNeeds({ needs, services }: ResolvedApp): readonly WatchedNeed[] {
  return Object.entries(needs).flatMap(([name, { kind, role }]): WatchedNeed[] => {
    const users = Object.entries(services).filter(([, { uses }]) => Object.hasOwn(uses, name))
    if ((kind !== 'postgres' && kind !== 'redis') || users.length === 0) return []
    const required = users.some(([, { uses }]) => uses[name] === 'required')
    return [{ name, kind, role, users: users.map(([service]) => service), required }]
  })
}
