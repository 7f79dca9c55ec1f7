import { isIP } from 'node:net'
import type { Pair } from './pair.ts'

export const SELF_SIGNED_DAYS = 90
const DAY_MS = 86_400_000
/** Clocks differ; a certificate from the future is refused. */
const BACKDATED_MS = 3_600_000
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

/** What a self-signed certificate names: this machine, as itself, and the domain where there is one. */
export function selfSignedNames(domain: string | null): readonly string[] {
  return [...new Set([...(domain === null ? [] : [domain]), 'localhost', '127.0.0.1', '::1'])]
}

/** A fresh key with a certificate that it has signed itself: ECDSA on P-256, for servers alone. */
export async function makeSelfSigned(names: readonly string[], now: number): Promise<Pair> {
  const x509 = await loadX509()
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [names[0]!] }],
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + SELF_SIGNED_DAYS * DAY_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)!.join('\n')}\n-----END PRIVATE KEY-----\n`
  return { key, chain: `${certificate.toString('pem')}\n` }
}

/** Loaded when the first certificate is made; the library wants its polyfill before it. */
async function loadX509() {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}
