import { headerOf } from './exchange.ts'
import type { Exchange } from './exchange.ts'

/** Whether the client speaks TLS: with us, or with a trusted proxy that says so. */
export function isSecure({ client, peerTrusted, head }: Exchange): boolean {
  return client.secure || (peerTrusted && headerOf(head.headers, 'x-forwarded-proto')?.trim().toLowerCase() === 'https')
}
