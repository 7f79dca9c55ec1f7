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
