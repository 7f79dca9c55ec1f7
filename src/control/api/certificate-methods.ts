import type { CertificateFacts } from './tls-status.ts'

/** For targets whose control is on another machine than the files of a certificate. Refused with `tls.read-here` on `process`. */
export interface CertificateMethods {
  /** A pair that `gateway.tls.files` of a config names, to be shown by what is deployed with that config. */
  'certificate.put': {
    input: {
      /** As the config has them: they say whose pair it is, and nobody reads them here. */
      source: { cert: string; key: string }
      domain: string | null
      /** PEM. */
      chain: string
      key: string
      by: string
    }
    output: { certificate: CertificateFacts }
  }
}
