import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { plainAddress } from '../client-address.ts'
import { headerOf } from '../exchange.ts'
import type { Answer, ClientSide, Interruption, Outcome } from '../exchange.ts'
import { pump } from '../pump.ts'
import type { Pump } from '../pump.ts'

/** How long the rest of a request nobody wants is read, so that its sender gets to read the answer. */
export const LINGER_MS = 2_000

export interface ClientSideParts {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** True when the connection shall end with this answer. */
  readonly closing: () => boolean
  /** `unwatch`: ends what watches the connection until the upgrade is answered. */
  readonly upgrade?: { readonly socket: Duplex; readonly firstBytes: Buffer; readonly unwatch: () => void }
}

/** The client's side of one exchange over node:http. */
export function createClientSide({ request, response, closing, upgrade }: ClientSideParts): ClientSide {
  const { socket } = request
  const goneListeners: (() => void)[] = []
  let gone = false
  let because: Interruption = 'client-gone'
  let sending: Pump | null = null
  let upgraded = false
  response.once('close', onClosed)
  return {
    peer: { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 },
    local: { port: socket.localPort ?? 0 },
    secure: 'encrypted' in socket && socket.encrypted === true,
    send(answer, { idleMs }, done) {
      if (gone || response.destroyed) {
        if (answer.kind === 'stream') answer.body.destroy()
        return done({ end: because, bytes: 0 })
      }
      if (answer.kind === 'upgraded') return sendUpgraded(answer, done)
      try {
        sendOrdinary(answer, idleMs, done)
      } catch {
        // A head that cannot be written, such as an upstream's header with a control character.
        if (answer.kind === 'stream') answer.body.destroy()
        cut('aborted')
        done({ end: 'aborted', bytes: 0 })
      }
    },
    finishEarly() {
      sending?.stop()
      response.end()
    },
    cut,
    onGone(listener) {
      if (gone) listener()
      else goneListeners.push(listener)
    },
  }

  function cut(reason: Interruption): void {
    if (socket.destroyed || response.writableFinished) return void socket.destroy()
    because = reason
    socket.destroy()
  }

  function onClosed(): void {
    if (response.writableFinished || upgraded || gone) return
    gone = true
    for (const listener of goneListeners) listener()
  }

  function sendOrdinary(
    answer: Exclude<Answer, { kind: 'upgraded' }>,
    idleMs: number,
    done: (outcome: Outcome) => void,
  ): void {
    if (closing() || mustLinger()) response.shouldKeepAlive = false
    response.writeHead(answer.status, STATUS_CODES[answer.status] ?? 'Unknown', answer.headers)
    let bytes = 0
    if (answer.kind === 'whole') {
      bytes = request.method === 'HEAD' ? 0 : (answer.body?.length ?? 0)
      whenClosed(() => done({ end: endOf(), bytes }))
      finish(answer.body)
      return
    }
    const { body } = answer
    const idle = setTimeout(onIdle, idleMs)
    let read = socket.bytesRead
    whenClosed(() => {
      clearTimeout(idle)
      sending?.stop()
      if (!body.readableEnded) body.destroy()
      done({ end: endOf(), bytes })
    })
    body.on('error', () => cut('aborted'))
    // An event stream's first event may be far away, its head is wanted now.
    response.flushHeaders()
    sending = pump(body, response, {
      chunk(chunk) {
        bytes += chunk.length
        idle.refresh()
        return true
      },
      end: () => finish(null),
    })
    response.on('drain', () => idle.refresh())

    function onIdle(): void {
      if (read !== socket.bytesRead) {
        // The client is still sending.
        read = socket.bytesRead
        return void idle.refresh()
      }
      // Without a promised length the answer may well be quiet on purpose, as event streams are.
      const owed = headerOf(answer.headers, 'content-length') !== undefined
      cut(owed && request.complete && sending?.blocked !== true ? 'aborted' : 'client-gone')
    }
  }

  function endOf(): Outcome['end'] {
    return response.writableFinished ? 'complete' : because
  }

  /** Calls back once, when the answer has been handed to the system or cannot be any more. */
  function whenClosed(listener: () => void): void {
    let called = false
    const once = (): void => {
      if (called) return
      called = true
      listener()
    }
    response.once('finish', once)
    goneListeners.push(once)
  }

  function finish(body: Buffer | null): void {
    if (mustLinger()) linger()
    if (body === null) response.end()
    else response.end(body)
  }

  function mustLinger(): boolean {
    return !request.complete && upgrade === undefined
  }

  /**
   * Closing while the client still sends would reset the connection and may take the answer away before it is read (RFC 9112
   * §9.6): so only our half is closed, and the rest is read for a while.
   */
  function linger(): void {
    const closeNow = socket.destroySoon.bind(socket)
    socket.destroySoon = () => {
      socket.end()
      const limit = setTimeout(() => socket.destroy(), LINGER_MS)
      socket.once('close', () => clearTimeout(limit))
      request.once('end', closeNow)
    }
    request.resume()
  }

  function sendUpgraded(answer: Extract<Answer, { kind: 'upgraded' }>, done: (outcome: Outcome) => void): void {
    if (upgrade === undefined) throw new Error('an answer upgrades a request that did not ask for it')
    upgraded = true
    const { socket, firstBytes, unwatch } = upgrade
    unwatch()
    response.detachSocket(socket as Parameters<ServerResponse['detachSocket']>[0])
    let head = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`
    for (let index = 0; index < answer.headers.length; index += 2) {
      head += `${answer.headers[index]}: ${answer.headers[index + 1]}\r\n`
    }
    const before = request.socket.bytesWritten
    socket.once('close', () => done({ end: 'complete', bytes: request.socket.bytesWritten - before }))
    socket.write(head + '\r\n', 'latin1')
    answer.take(socket, firstBytes)
  }
}
