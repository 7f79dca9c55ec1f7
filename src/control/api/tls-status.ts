/** HTTPS of an environment, and the certificate it shows. */
export interface TlsStatus {
  /** The port it is served on; null: not yet. */
  readonly port: number | null
  readonly redirect: boolean
  readonly source: 'files' | 'self-signed' | 'acme'
  /** Null: there is none yet. */
  readonly certificate: ShownCertificate | null
  /** Why the last attempt to get another one failed; null: it did not. */
  readonly problem: string | null
  /** When the next attempt is due, where one is awaited; milliseconds since the epoch. */
  readonly nextAttemptAt: number | null
}

export interface ShownCertificate extends CertificateFacts {
  /** Whole days; negative when it has expired. */
  readonly daysLeft: number
  /** Whether it names the environment's domain, where there is one. */
  readonly covers: boolean
}

/** What a certificate says. Times are milliseconds since the epoch. */
export interface CertificateFacts {
  readonly subject: string
  readonly issuer: string
  /** Names and addresses it is good for. */
  readonly names: readonly string[]
  readonly notBefore: number
  readonly notAfter: number
  /** SHA-256 of the certificate, as `AA:BB:…`. */
  readonly fingerprint: string
}
