import type { TlsStatus } from '../control/api/tls-status.ts'

/** One line of `seaworthy status`: where HTTPS is served, and what it shows. */
export function describeTls({ port, source, certificate, problem, nextAttemptAt }: TlsStatus): string {
  const where = port === null ? 'not served yet' : `port ${port}`
  const next = nextAttemptAt === null ? '' : `; next attempt ${new Date(nextAttemptAt).toISOString()}`
  const trouble = problem === null ? '' : `; ${problem}${next}`
  if (certificate === null) return `${where}, no certificate yet (${source})${trouble}`
  const { names, notAfter, daysLeft, covers } = certificate
  const until = new Date(notAfter).toISOString().slice(0, 10)
  const left = daysLeft < 0 ? 'EXPIRED' : `${daysLeft} days left`
  const wrong = covers ? '' : "; it does not name the environment's domain"
  return `${where}, ${source} certificate for ${names.join(', ')} until ${until}, ${left}${wrong}${trouble}`
}
