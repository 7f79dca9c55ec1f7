import 'reflect-metadata'
import * as x509 from '@peculiar/x509'

export interface Issuer {
  /** PEM of the root. */
  readonly root: string
  /** Signs what a request (base64url of its DER) asks for, if that is what was ordered: a chain as PEM, or what is against it. */
  issue(csr: string, ordered: { domain: string; lifeMs: number }): Promise<string | { readonly because: string }>
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const ROOT_LIFE_MS = 365 * 86_400_000

export async function createIssuer(): Promise<Issuer> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test Authority',
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + ROOT_LIFE_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  return {
    root: root.toString('pem'),
    async issue(csr, { domain, lifeMs }) {
      const request = new x509.Pkcs10CertificateRequest(Buffer.from(csr, 'base64url'))
      if (!(await request.verify())) return { because: 'its signature is wrong' }
      const asked = request.extensions.find((one) => one instanceof x509.SubjectAlternativeNameExtension)
      const names = asked?.names.items ?? []
      if (names.length !== 1 || names[0]!.type !== 'dns' || names[0]!.value !== domain) {
        return { because: 'it asks for other names than the order' }
      }
      const leaf = await x509.X509CertificateGenerator.create({
        subject: `CN=${domain}`,
        issuer: root.subject,
        notBefore: new Date(),
        notAfter: new Date(Date.now() + lifeMs),
        publicKey: request.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
          new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: domain }]),
        ],
      })
      return `${leaf.toString('pem')}\n${root.toString('pem')}\n`
    },
  }
}
