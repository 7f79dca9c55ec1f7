import type { Severity } from '../../../promises/alert-rule.ts'
import type { Routes } from './context.ts'

/** The channel of `owner.pager`, which no channel of a config can be called. */
export const PAGER = 'owner.pager'

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
  if (routes.length === 0) return channels.filter((name) => name !== PAGER || severity === 'P0')
  return [...new Set(routes.filter((route) => takes(route, severity)).flatMap(({ to }) => to))]
}
