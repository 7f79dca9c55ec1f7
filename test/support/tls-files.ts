import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { TlsTable } from '../../src/gateway/table.ts'
import { selfSigned } from './certificate.ts'

export interface PairFiles extends TlsTable {
  /** PEM of the certificate. */
  readonly cert: string
}

/** A fresh pair as a routing table names it, in `folder`. Pairs of one folder share their ticket file. */
export function writePair(folder: string, { redirect = false, port = 8443 } = {}): PairFiles {
  const { key, cert } = selfSigned()
  const file = join(folder, `${randomBytes(4).toString('hex')}.pem`)
  const ticketFile = join(folder, 'ticket.key')
  writeFileSync(file, key + cert)
  try {
    writeFileSync(ticketFile, randomBytes(48), { flag: 'wx' })
  } catch {
    // Written with the first pair.
  }
  return { file, ticketFile, redirect, port, cert }
}

/** A handshake with whatever is there; rejects with what it failed of. */
export function shakeHands(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      rejectUnauthorized: false,
      ...options,
    })
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed before the handshake was done')))
  })
}

/** SHA-256 of the certificate that the other side showed. */
export function shown(socket: TLSSocket): string {
  return socket.getPeerX509Certificate()!.fingerprint256
}
