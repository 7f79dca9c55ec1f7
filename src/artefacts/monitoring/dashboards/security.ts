import type { ResolvedApp } from '../../../config/resolved.ts'
import { calc, MINUTE_MS, over, select, sum } from '../../../promises/built-in/ask.ts'
import { panel, type Board } from './board.ts'

/** What the guard sees, and how long certificates last. */
export function securityBoard({ gateway }: ResolvedApp): Board {
  const rate = (metric: string, ...by: readonly string[]) => sum(over('rate', select(metric), 5 * MINUTE_MS), ...by)
  return {
    name: 'security',
    title: 'Security',
    rows: [
      {
        title: 'Refused',
        panels: [
          panel('Security events', 'reqps', [rate('seaworthy_security_events_total', 'class'), '{{class}}']),
          panel('Requests over a limit', 'reqps', [rate('seaworthy_limited_requests_total', 'service'), '{{service}}']),
          panel('Logins that were refused', 'reqps', [rate('seaworthy_failed_logins_total', 'service'), '{{service}}']),
          panel('Requests that no route took', 'reqps', [rate('seaworthy_unrouted_requests_total'), 'unrouted']),
        ],
      },
      ...(gateway.tls === null
        ? []
        : [
            {
              title: 'Certificates',
              panels: [
                panel('Time until they expire', 's', [
                  calc(select('seaworthy_certificate_expires_timestamp_seconds'), '-', { kind: 'time' }),
                  '{{name}}',
                ]),
              ],
            },
          ]),
    ],
  }
}
