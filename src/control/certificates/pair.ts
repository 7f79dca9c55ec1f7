import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { messageOf, Problem } from '../../core/problem.ts'
import type { CertificateFacts } from '../api/tls-status.ts'

/** A private key and what proves whose it is, as PEM. */
export interface Pair {
  readonly key: string
  /** The certificate, then those that lead to a root. */
  readonly chain: string
}

/** Chains have three or four certificates; a file with more is none. */
const CHAIN_MAX = 16
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * Reads a pair and says what it shows. A pair that clients would refuse is refused here, where somebody can mend it.
 * @throws Problem `tls.certificate-refused`
 */
export function readPair({ key, chain }: Pair, now: number): { readonly pair: Pair; readonly facts: CertificateFacts } {
  const certificates = (chain.match(BLOCK) ?? []).slice(0, CHAIN_MAX).map(certificateOf)
  const [leaf] = certificates
  if (leaf === undefined)
    throw refused('there is no certificate in it', 'It has to be PEM: -----BEGIN CERTIFICATE-----')
  const privateKey = keyOf(key)
  if (!leaf.checkPrivateKey(privateKey)) {
    throw refused(
      `the key is not the one of ${subjectOf(leaf)}`,
      'A chain begins with the certificate of the key; write it first.',
    )
  }
  const facts = factsOf(leaf)
  if (facts.notAfter <= now) {
    throw refused(
      `${subjectOf(leaf)} has expired on ${new Date(facts.notAfter).toISOString()}`,
      'Put a valid one there.',
    )
  }
  if (facts.notBefore > now) {
    throw refused(
      `${subjectOf(leaf)} is valid from ${new Date(facts.notBefore).toISOString()} on`,
      "Put a valid one there, or mend this machine's clock.",
    )
  }
  const pem = certificates.map((each) => each.toString()).join('')
  // Written anew: what workers read holds nothing but this.
  return { pair: { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), chain: pem }, facts }
}

/** What a certificate says of itself. */
export function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    subject: subjectOf(certificate),
    issuer: commonNameOf(certificate.issuer),
    names: namesOf(certificate),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    fingerprint: certificate.fingerprint256,
  }
}

function certificateOf(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (error) {
    throw refused(`a certificate in it cannot be read: ${messageOf(error)}`, 'Was the file copied whole?')
  }
}

function keyOf(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (error) {
    throw refused(`the key cannot be read: ${messageOf(error)}`, 'It has to be PEM, and without a passphrase.')
  }
}

function refused(why: string, hint: string): Problem {
  return new Problem('tls.certificate-refused', `the certificate cannot be used: ${why}`, { hint })
}

function subjectOf(certificate: X509Certificate): string {
  return commonNameOf(certificate.subject ?? '') || (namesOf(certificate)[0] ?? 'the certificate')
}

/** A name as Node writes it has a line for each of its parts. */
function commonNameOf(name: string): string {
  return /^CN=(.*)$/m.exec(name)?.[1] ?? name.replaceAll('\n', ', ')
}

/** `DNS:a.example, IP Address:127.0.0.1` as Node writes it. */
function namesOf({ subjectAltName }: X509Certificate): readonly string[] {
  if (subjectAltName === undefined) return []
  return subjectAltName.split(', ').map((part) => shortest(part.replace(/^(?:DNS|IP Address):/, '')))
}

/** Node writes every zero of an IPv6 address. */
function shortest(name: string): string {
  return isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name
}
