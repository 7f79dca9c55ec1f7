import type { GuardMetrics, SecurityStatus } from '../api/guard-methods.ts'
import type { RoutingTable } from '../../gateway/table.ts'
import type { Security } from './security.ts'

const CLIENTS_SHOWN = 10

/** What was counted, for who collects figures. */
export function guardMetrics({ analytics, blocks, risks, log }: Security): GuardMetrics {
  const held = blocks.book.list()
  const manual = held.filter(({ source }) => source === 'manual').length
  return {
    ...analytics.totals(),
    blocks: { manual, automatic: held.length - manual },
    clients: risks.size,
    log: { records: log.head.sequence, bytes: log.bytes, waiting: log.waiting },
  }
}

/** How the environment stands, for a person. */
export function securityStatus(
  security: Security,
  { table, minutes, nowMs }: { readonly table: RoutingTable | null; readonly minutes: number; readonly nowMs: number },
): SecurityStatus {
  const { blocks, classes } = guardMetrics(security)
  const { risk, causes } = security.risks.together(nowMs)
  const counted = Object.entries(classes).map(([name, count]) => ({ class: name, count }))
  return {
    risk,
    causes,
    clients: security.risks.top(CLIENTS_SHOWN, nowMs),
    classes: counted.toSorted((one, other) => other.count - one.count) as unknown as SecurityStatus['classes'],
    minutes: security.analytics.minutes(minutes, nowMs),
    blocks,
    threats: table?.guard?.threats ?? null,
  }
}
