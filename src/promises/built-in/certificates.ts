import type { AlertRule } from '../alert-rule.ts'
import type { Expression } from '../expression.ts'
import { absentAny, calc, compare, DAY_MS, MINUTE_MS, select } from './ask.ts'
import { builtIn } from './rule.ts'

/** Of an app that is served over TLS. */
export function certificateRules(): readonly AlertRule[] {
  return [
    builtIn('security', {
      name: 'CertificateExpiresSoon',
      severity: 'P2',
      when: leftLessThan(30),
      summary: 'The certificate {{ $labels.name }} expires within 30 days, in {{ $value }} s.',
      absent: {
        when: absentAny(select('seaworthy_certificate_expires_timestamp_seconds')),
        forMs: 5 * MINUTE_MS,
      },
    }),
    builtIn('security', {
      name: 'CertificateExpires',
      severity: 'P1',
      when: leftLessThan(7),
      summary: 'The certificate {{ $labels.name }} expires within 7 days, in {{ $value }} s.',
      inhibits: [{ rule: 'CertificateExpiresSoon', equal: ['name'] }],
    }),
  ]
}

function leftLessThan(days: number): Expression {
  const left = calc(select('seaworthy_certificate_expires_timestamp_seconds'), '-', { kind: 'time' })
  return compare(left, '<', String((days * DAY_MS) / 1_000))
}
