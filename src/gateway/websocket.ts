/** WebSocket connections: bytes pass unread, only frame borders are watched so that a close frame can be put between two. */
import type { Duplex } from 'node:stream'
import { createFrameTracker } from './websocket-frames.ts'

/** How long a client may take to answer a close frame. */
export const CLOSE_WAIT_MS = 2_000

/** 1012: "service restart", which tells a client to come back (IANA registry of RFC 6455 close codes). */
export const SERVICE_RESTART = 1012

export interface TunnelOptions {
  readonly client: Duplex
  readonly upstream: Duplex
  /** Bytes that came along with the heads. */
  readonly clientFirst: Buffer
  readonly upstreamFirst: Buffer
  /** No byte in either direction for so long ends it. */
  readonly idleMs: number
}

export interface Tunnel {
  /** Closes with 1012 at the next frame border towards the client, waits for the client's close, then ends both sides. */
  end(): void
}

/** Connects the two sides until one of them ends. */
export function tunnel({ client, upstream, clientFirst, upstreamFirst, idleMs }: TunnelOptions): Tunnel {
  const toClient = createFrameTracker()
  const toUpstream = createFrameTracker()
  let ending: 'no' | 'wanted' | 'sent' = 'no'
  let waiting: NodeJS.Timeout | undefined
  const idle = setTimeout(destroyBoth, idleMs)

  client.on('data', onClientData)
  upstream.on('data', onUpstreamData)
  client.on('drain', () => upstream.resume())
  upstream.on('drain', () => client.resume())
  // A half-closed WebSocket can say nothing sensible any more: the other side gets a moment to end as well.
  client.on('end', () => endSoon(upstream))
  upstream.on('end', () => endSoon(client))
  client.on('error', destroyBoth)
  upstream.on('error', destroyBoth)
  client.once('close', () => closed(upstream))
  upstream.once('close', () => closed(client))
  if (clientFirst.length > 0) onClientData(clientFirst)
  if (upstreamFirst.length > 0) onUpstreamData(upstreamFirst)
  // Both sides may have been held back until somebody listens.
  client.resume()
  upstream.resume()

  return {
    end() {
      if (ending !== 'no') return
      ending = 'wanted'
      waiting = setTimeout(destroyBoth, CLOSE_WAIT_MS)
      if (toClient.atBorder) sendClose()
    },
  }

  function onUpstreamData(bytes: Buffer): void {
    idle.refresh()
    const border = toClient.push(bytes)
    if (ending === 'sent') return
    if (ending === 'wanted' && border > 0) {
      client.write(bytes.subarray(0, border))
      return sendClose()
    }
    if (!client.write(bytes)) upstream.pause()
  }

  function onClientData(bytes: Buffer): void {
    idle.refresh()
    toUpstream.push(bytes)
    if (!upstream.destroyed && !upstream.writableEnded && !upstream.write(bytes)) client.pause()
    if (ending === 'sent' && toUpstream.closeSeen) finish()
  }

  function sendClose(): void {
    ending = 'sent'
    client.write(closeFrame(SERVICE_RESTART))
    // What the upstream still says has no reader; what the client says still goes there.
    upstream.resume()
    if (toUpstream.closeSeen) finish()
  }

  /** RFC 6455 §7.1.1: once both close frames have gone, the server ends the connection. */
  function finish(): void {
    client.end()
    upstream.end()
  }

  function endSoon(other: Duplex): void {
    other.end()
    waiting ??= setTimeout(destroyBoth, CLOSE_WAIT_MS)
  }

  /** One side is gone: the other gets what is still on its way, then goes as well. */
  function closed(other: Duplex): void {
    clearTimeout(idle)
    if (other.destroyed) {
      clearTimeout(waiting)
      return
    }
    other.end()
    clearTimeout(waiting)
    waiting = setTimeout(() => other.destroy(), CLOSE_WAIT_MS)
    other.once('close', () => clearTimeout(waiting))
  }

  function destroyBoth(): void {
    client.destroy()
    upstream.destroy()
  }
}

/** A server's close frame: unmasked, two bytes of code. */
export function closeFrame(code: number): Buffer {
  return Buffer.from([0x88, 0x02, code >> 8, code & 0xff])
}
