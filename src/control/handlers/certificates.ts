import { Problem } from '../../core/problem.ts'
import type { CertificateMethods } from '../api/certificate-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'

export function certificateHandlers({
  certificates,
  instances,
}: Pick<Control, 'certificates' | 'instances'>): Pick<Handlers, keyof CertificateMethods> {
  return {
    'certificate.put': ({ source, domain, chain, key }) => {
      if (instances.acts) {
        throw new Problem('tls.read-here', 'control reads the files of this environment itself', {
          hint: 'Put the new pair into the files that `gateway.tls.files` names.',
        })
      }
      return { certificate: certificates.receive({ source, domain }, { chain, key }) }
    },
  }
}
