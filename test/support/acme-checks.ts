/** How an authority checks who holds a domain (RFC 8555 §8.3, RFC 8737). Each says what speaks against it, or null. */
import { createHash } from 'node:crypto'
import type { X509Certificate } from 'node:crypto'
import { request } from 'node:http'
import { shakeHands } from './tls-files.ts'

/** Where all domains of a test are. */
export interface Where {
  readonly httpPort: number
  readonly httpsPort: number
}

export interface Check {
  readonly domain: string
  readonly token: string
  /** The token and the thumbprint of the account's key. */
  readonly authorization: string
}

/** id-pe-acmeIdentifier, 1.3.6.1.5.5.7.1.31, as DER. */
const ACME_IDENTIFIER = Buffer.from('06082b0601050507011f', 'hex')
const CHECK_MS = 5_000

export function checkHttp({ httpPort }: Where, { domain, token, authorization }: Check): Promise<string | null> {
  return new Promise((resolve) => {
    const path = `/.well-known/acme-challenge/${token}`
    const asked = request({ host: '127.0.0.1', port: httpPort, path, headers: { Host: domain }, agent: false })
    asked.setTimeout(CHECK_MS, () => asked.destroy(new Error('no answer in time')))
    asked.once('error', (error) => resolve(error.message))
    asked.once('response', (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.once('end', () => {
        if (response.statusCode !== 200) resolve(`${path} answers ${response.statusCode}`)
        else resolve(text.trimEnd() === authorization ? null : `${path} answers something else`)
      })
    })
    asked.end()
  })
}

export async function checkTlsAlpn({ httpsPort }: Where, { domain, authorization }: Check): Promise<string | null> {
  try {
    const socket = await shakeHands(httpsPort, { servername: domain, ALPNProtocols: ['acme-tls/1'] })
    const certificate = socket.getPeerX509Certificate()!
    const { alpnProtocol } = socket
    socket.destroy()
    if (alpnProtocol !== 'acme-tls/1') return 'acme-tls/1 was not chosen'
    if (certificate.subjectAltName !== `DNS:${domain}`) return `it names ${certificate.subjectAltName}`
    return holds(certificate, authorization) ? null : 'its acmeIdentifier is another one'
  } catch (error) {
    return String(error)
  }
}

/** The extension, critical, with the digest as an OCTET STRING inside of the OCTET STRING of its value. */
function holds({ raw }: X509Certificate, authorization: string): boolean {
  const digest = createHash('sha256').update(authorization).digest()
  const value = Buffer.concat([Buffer.from([0x01, 0x01, 0xff, 0x04, 0x22, 0x04, 0x20]), digest])
  return raw.includes(Buffer.concat([ACME_IDENTIFIER, value]))
}
