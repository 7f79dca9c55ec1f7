/** Holds WebSockets open the way a browser page does, and counts how they are moved. */

const BACKOFF_MS_MIN = 50
const BACKOFF_MS_MAX = 2_000

export interface SocketFigures {
  readonly opened: number
  readonly messages: number
  /** By close code; 1012 is "come again", 1001 "going away", 1006 a connection that was cut. */
  readonly closes: Readonly<Record<string, number>>
  readonly reconnects: number
  /** The longest time one of them was without a connection. */
  readonly gapMsMax: number
}

export interface Sockets {
  /** Hangs up and says what happened until then. */
  finish(): SocketFigures
}

/** Opens `count` of them; each one that closes comes again after a short, growing, jittered pause. */
export function holdSockets(url: URL, count: number): Sockets {
  const closes: Record<string, number> = {}
  const open = new Map<number, WebSocket>()
  const timers = new Map<number, NodeJS.Timeout>()
  let opened = 0
  let messages = 0
  let reconnects = 0
  let gapMsMax = 0
  let finished = false

  const connect = (number: number, attempt: number, lostAt?: number): void => {
    const socket = new WebSocket(url)
    let wasOpen = false
    open.set(number, socket)
    socket.addEventListener('message', () => {
      messages += 1
    })
    socket.addEventListener('open', () => {
      wasOpen = true
      opened += 1
      if (lostAt === undefined) return
      reconnects += 1
      gapMsMax = Math.max(gapMsMax, Math.round(performance.now() - lostAt))
    })
    socket.addEventListener('close', ({ code }) => {
      if (finished) return
      if (wasOpen) closes[code] = (closes[code] ?? 0) + 1
      else closes['refused'] = (closes['refused'] ?? 0) + 1
      const next = wasOpen ? 1 : attempt + 1
      const pauseMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** (next - 1)) * (0.5 + Math.random() / 2)
      timers.set(number, setTimeout(connect, pauseMs, number, next, wasOpen ? performance.now() : lostAt))
    })
    // A close event follows every error, and says all there is to know.
    socket.addEventListener('error', () => {})
  }
  for (let number = 0; number < count; number++) connect(number, 1)

  return {
    finish: () => {
      finished = true
      for (const timer of timers.values()) clearTimeout(timer)
      for (const socket of open.values()) socket.close()
      return { opened, messages, closes, reconnects, gapMsMax }
    },
  }
}
