import type { AlertRule } from '../alert-rule.ts'
import { compare, MINUTE_MS, over, select, sum } from './ask.ts'
import { builtIn } from './rule.ts'

/** What the guard sees. Accounts and addresses are locked one by one by the guard itself: these are about floods. */
export function securityRules(): readonly AlertRule[] {
  const logins = select('seaworthy_failed_logins_total')
  return [
    builtIn('security', {
      name: 'FailedLogins',
      severity: 'P2',
      when: compare(sum(over('increase', logins, 5 * MINUTE_MS), 'service'), '>', '10'),
      summary: '{{ $labels.service }} has refused {{ $value }} logins in 5 min.',
    }),
    builtIn('security', {
      name: 'FailedLoginsFlood',
      severity: 'P1',
      when: compare(sum(over('rate', logins, MINUTE_MS), 'service'), '>', '20'),
      summary: '{{ $labels.service }} refuses {{ $value }} logins per second.',
      inhibits: [{ rule: 'FailedLogins', equal: ['service'] }],
    }),
    builtIn('security', {
      name: 'AttackFlood',
      severity: 'P1',
      when: compare(sum(over('rate', select('seaworthy_security_events_total'), MINUTE_MS)), '>', '100'),
      summary: 'The guard sees {{ $value }} security events per second.',
    }),
  ]
}
