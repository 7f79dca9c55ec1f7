import type { AlertRule } from '../alert-rule.ts'
import { absentAny, calc, compare, MINUTE_MS, over, select, sum } from './ask.ts'
import { builtIn } from './rule.ts'

/** The rule of which the evaluator itself says that it holds, when it could not evaluate the rules in time. */
export const HEARTBEAT_MISSED = 'HeartbeatMissed'

/** Who watches the watchers: what is collected, evaluated and told. */
export function alertPathRules(): readonly AlertRule[] {
  const heartbeat = select('seaworthy_heartbeat_timestamp_seconds')
  const up = select('seaworthy_scrape_up')
  return [
    builtIn('critical', {
      name: HEARTBEAT_MISSED,
      severity: 'P0',
      when: compare(calc({ kind: 'time' }, '-', heartbeat), '>', '60'),
      // After a pause of everything the first look finds an old one.
      forMs: 20_000,
      summary: 'The alert rules were last evaluated {{ $value }} s ago: other alerts may be missing.',
      absent: { when: absentAny(heartbeat), forMs: MINUTE_MS },
    }),
    builtIn('infrastructure', {
      name: 'ScrapeFailing',
      severity: 'P2',
      when: compare(up, '==', '0'),
      // The third in a row.
      forMs: 20_000,
      summary: 'Nothing can be collected from {{ $labels.source }} {{ $labels.target }}.',
      absent: { when: absentAny(up), forMs: MINUTE_MS },
    }),
    builtIn('critical', {
      name: 'NotificationsFailing',
      severity: 'P1',
      when: compare(
        sum(
          over('increase', select('seaworthy_notifications_total', ['outcome', '=', 'failed']), 10 * MINUTE_MS),
          'channel',
        ),
        '>',
        '0',
      ),
      summary: 'The channel {{ $labels.channel }} could not be told: {{ $value }} tries failed in 10 min.',
    }),
  ]
}
