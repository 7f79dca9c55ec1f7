import type { Stage } from '../context.ts'
import { headerOf, plainAnswer } from '../exchange.ts'

/**
 * Sends plain HTTP on to HTTPS. 308, so that a POST stays one (RFC 9110 §15.4.9). What a trusted proxy has received over HTTPS
 * is secure already.
 */
export const redirectToHttps: Stage = ({ head, client, peerTrusted }, context) => {
  const tls = context.routing.current?.table.tls
  if (tls === undefined || tls === null || !tls.redirect || client.secure) return null
  if (peerTrusted && headerOf(head.headers, 'x-forwarded-proto')?.toLowerCase() === 'https') return null
  if (head.host === '') return plainAnswer(400, 'This is served over HTTPS, and without a Host nobody can tell where.')
  const port = tls.port === 443 ? '' : `:${tls.port}`
  const target = head.target.startsWith('/') ? head.target : '/'
  return plainAnswer(308, 'This is served over HTTPS.', ['Location', `https://${head.host}${port}${target}`])
}
