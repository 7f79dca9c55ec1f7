import type { Severity } from '../../../promises/alert-rule.ts'
import type { Routes } from './context.ts'

/** The channels of `owner.pager` and `alerts.heartbeat`: no channel of a config can be called so. */
export const PAGER = 'owner.pager'
export const HEARTBEAT = 'alerts.heartbeat'

/** Channels that people hear of everything by, deploys too. */
export function isForAll(name: string): boolean {
  return name !== PAGER && name !== HEARTBEAT
}

type Route = Routes[number]

export function takes({ severities }: Pick<Route, 'severities'>, severity: Severity): boolean {
  return severities?.includes(severity) ?? true
}

/**
 * The channels that are told: those of every route that fits, not of the first alone, each once. Without routes every
 * channel hears of everything, and the owner's pager of P0.
 */
export function channelsFor(
  severity: Severity,
  { routes, channels }: { readonly routes: Routes; readonly channels: readonly string[] },
): readonly string[] {
  if (routes.length === 0) return channels.filter((name) => isForAll(name) || (name === PAGER && severity === 'P0'))
  return [...new Set(routes.filter((route) => takes(route, severity)).flatMap(({ to }) => to))]
}
