/** The gateway's own connection to control: says that it is there, brings files, says goodbye. */
import type { TLSSocket } from 'node:tls'
import { readJsonLines, toJsonLine } from '../../core/json-lines.ts'
import { RECONNECT_MS } from '../admin/link.ts'
import { BEAT_MS } from './protocol.ts'
import type { FromGateway, ToGateway } from './protocol.ts'

/** A file that has not come by then: control has other work, or is gone. */
const FETCH_MS = 10_000

export interface OwnLink {
  /** Control knows this gateway. */
  readonly isUp: boolean
  /** What control has under a digest, in base64. */
  fetch(digest: string): Promise<string>
  /** From now on switches wait for this gateway; told again to every control that comes. */
  serves(): void
  /** From now on nobody waits for this gateway. */
  bye(): void
  close(): void
}

export function createOwnLink(options: {
  readonly connect: () => TLSSocket
  readonly workers: number
  /** @param isEmpty nothing was ever deployed */
  readonly onUp: (isEmpty: boolean) => void
  /** Told each time; what is said of it is whoever's who asked. */
  readonly onDown: (reason: string) => void
}): OwnLink {
  const { connect, workers, onUp, onDown } = options
  const waiting = new Map<string, PromiseWithResolvers<string>>()
  let socket: TLSSocket | null = null
  let isUp = false
  let saidServes = false
  let saidBye = false
  let closed = false
  let backoffMs: number = RECONNECT_MS.min
  let retry: NodeJS.Timeout | undefined
  const beat = setInterval(() => send({ type: 'beat' }), BEAT_MS)
  open()
  return {
    get isUp() {
      return isUp
    },
    fetch(digest) {
      const known = waiting.get(digest)
      if (known !== undefined) return known.promise
      const asked = Promise.withResolvers<string>()
      waiting.set(digest, asked)
      const late = setTimeout(() => settle(digest, null), FETCH_MS)
      void asked.promise.catch(() => {}).finally(() => clearTimeout(late))
      if (isUp) send({ type: 'want', digest })
      else settle(digest, null)
      return asked.promise
    },
    serves() {
      saidServes = true
      if (isUp) send({ type: 'serves' })
    },
    bye() {
      saidBye = true
      send({ type: 'bye' })
    },
    close() {
      closed = true
      clearInterval(beat)
      clearTimeout(retry)
      socket?.end()
    },
  }

  function open(): void {
    const opened = connect()
    let reason = 'the connection was closed'
    socket = opened
    opened.once('secureConnect', () => send({ type: 'gateway', workers, leaving: saidBye }))
    opened.on('error', (error) => (reason = error.message))
    readJsonLines(opened, (value) => onMessage(value as ToGateway))
    opened.once('close', () => {
      socket = null
      isUp = false
      for (const digest of waiting.keys()) settle(digest, null)
      if (closed) return
      onDown(reason)
      retry = setTimeout(open, backoffMs)
      backoffMs = Math.min(RECONNECT_MS.max, backoffMs * 2)
    })
  }

  function onMessage(message: ToGateway): void {
    if (message.type === 'file') return settle(message.digest, message.content)
    if (message.type !== 'welcome') return
    backoffMs = RECONNECT_MS.min
    isUp = true
    if (saidServes && !saidBye) send({ type: 'serves' })
    onUp(message.isEmpty)
  }

  function settle(digest: string, content: string | null): void {
    const asked = waiting.get(digest)
    waiting.delete(digest)
    if (content === null) asked?.reject(new Error(`control did not bring ${digest}`))
    else asked?.resolve(content)
  }

  function send(message: FromGateway): void {
    if (socket?.writable === true && !socket.connecting) socket.write(toJsonLine(message))
  }
}
