import { finding, type Finding } from '../explain-issue.ts'
import { showValue } from '../path.ts'
import type { Environment } from '../schema/app.ts'
import type { Scene } from './scene.ts'

/** An authority gives certificates for names, and the name is the environment's. */
export function acmeHasDomain({ app }: Scene, name: string, { domain }: Environment): readonly Finding[] {
  const tls = app.gateway?.tls
  if (typeof tls !== 'object' || !('acme' in tls) || domain !== undefined) return []
  return [
    finding(
      ['environments', name, 'domain'],
      'nothing',
      'the name that gateway.tls.acme gets a certificate for; write it, or override gateway.tls there',
    ),
  ]
}

/** Whoever can change what the authority says can have any certificate: HTTPS, or this machine. */
export function acmeOverHttps({ app }: Scene): readonly Finding[] {
  const tls = app.gateway?.tls
  const directory = typeof tls === 'object' && 'acme' in tls ? tls.acme.directory : undefined
  if (directory === undefined || isSafe(directory)) return []
  return [
    finding(
      ['gateway', 'tls', 'acme', 'directory'],
      showValue(directory),
      "the URL of an ACME directory; it begins with https://, as 'https://acme.example/directory' does",
    ),
  ]
}

function isSafe(text: string): boolean {
  const url = URL.parse(text)
  if (url === null) return false
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname))
  )
}
