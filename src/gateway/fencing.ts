import { Problem } from '../core/problem.ts'
import type { RoutingTable } from './table.ts'

/** Why `table` may not follow what has been seen, or null when it may. */
export function fencedOff(
  table: RoutingTable,
  seen: { readonly version: number; readonly token: number },
): string | null {
  if (table.version <= seen.version) return `version ${table.version} is not above ${seen.version}`
  if (table.token < seen.token) return `token ${table.token} is below ${seen.token}: its lease has been taken over`
  return null
}

/** The same problem wherever a table is refused. */
export function tableRefused(table: RoutingTable, reasons: readonly string[]): Problem {
  return new Problem(
    'gateway.table-refused',
    `Routing table ${table.version} was refused: ${reasons[0] ?? 'no reason given'}`,
    {
      hint: 'Somebody else may have deployed meanwhile: look at `seaworthy status`, then repeat what you did.',
      details: reasons,
    },
  )
}

/** Gateways elsewhere have not said that they have a table. Its details are their names. */
export function notAcknowledged(table: RoutingTable, gateways: readonly string[]): Problem {
  return new Problem(
    'gateway.not-acknowledged',
    `Routing table ${table.version} was not acknowledged by every gateway: silent ${gateways.length === 1 ? 'is' : 'are'} ${gateways.join(', ')}`,
    {
      hint: 'Traffic stays where it was. Look at these pods; one that is gone is forgotten by the next deploy.',
      details: gateways,
    },
  )
}
