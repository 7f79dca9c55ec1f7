import { hostname } from 'node:os'
import { decoded } from '../decoded.ts'

/** A mail server as its secret names it: `smtps://user:password@mail.example.com?from=alerts@example.com`. */
export interface MailServer {
  readonly host: string
  readonly port: number
  /** TLS from the first byte; else STARTTLS where the server offers it. */
  readonly tls: boolean
  readonly login: { readonly user: string; readonly password: string } | null
  readonly from: string
}

/** Ports of submission: RFC 8314. */
const PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 }

/** Null for what is no mail server's URL. Without `from` the user is the sender, when that is an address. */
export function parseMailServer(url: string): MailServer | null {
  if (!URL.canParse(url)) return null
  const { protocol, hostname: host, port, username, password, searchParams } = new URL(url)
  const usual = PORTS[protocol]
  if (usual === undefined || host === '') return null
  const user = decoded(username)
  const from = searchParams.get('from') ?? (user.includes('@') ? user : `seaworthy@${hostname()}`)
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? usual : Number(port),
    tls: protocol === 'smtps:',
    login: user === '' ? null : { user, password: decoded(password) },
    from,
  }
}

/** On which a password may travel in the clear: it leaves no machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
