/**
 * Whether a TLS connection is an authority's check by `acme-tls/1` (RFC 8737 §3): looked at only while such a check is awaited,
 * because its certificate has to be chosen before Node says which protocols were offered.
 */
import type { Socket } from 'node:net'

/** As it stands in the list of offered protocols: its length, then its name (RFC 7301 §3.1). */
const OFFERED = Buffer.from('\x0aacme-tls/1', 'latin1')
const RECORD_HEAD_BYTES = 5
const HANDSHAKE_RECORD = 22
/** The largest record there is (RFC 8446 §5.1). */
const RECORD_BYTES_MAX = 16_384

/** Null: more bytes are needed to tell. What is no TLS is nobody's check. */
export function offersAcmeTls(firstBytes: Buffer): boolean | null {
  if (firstBytes.length > 0 && firstBytes[0] !== HANDSHAKE_RECORD) return false
  if (firstBytes.length < RECORD_HEAD_BYTES) return null
  const length = firstBytes.readUInt16BE(3)
  if (length > RECORD_BYTES_MAX) return false
  if (firstBytes.length < RECORD_HEAD_BYTES + length) return null
  return firstBytes.subarray(RECORD_HEAD_BYTES, RECORD_HEAD_BYTES + length).includes(OFFERED)
}

/** Reads as much of a connection as it takes to tell, puts it back and calls `told`; not at all when the connection ends before. */
export function lookAtHello(socket: Socket, told: (isCheck: boolean) => void): void {
  let bytes = Buffer.alloc(0)
  const look = (): void => {
    const more = socket.read() as Buffer | null
    if (more === null) return
    bytes = Buffer.concat([bytes, more])
    const answer = offersAcmeTls(bytes)
    if (answer === null) return
    socket.off('readable', look)
    // Once, and when nobody waits for it: whoever puts back what he is told of is told of it again.
    socket.unshift(bytes)
    told(answer)
  }
  socket.on('readable', look)
}
