import { connect } from 'node:net'

export interface StormOptions {
  readonly port: number
  readonly requests: number
  /** Kept-alive connections, each with one request at a time. */
  readonly connections: number
  /** Fields of the nth request, such as `X-Forwarded-For: …`. @default none */
  readonly fieldsOf?: (nth: number) => readonly string[]
  /** Called after each answer with how many there have been. */
  readonly onAnswer?: (answered: number) => void
}

export interface StormCounts {
  /** Answers by status. */
  readonly byStatus: ReadonlyMap<number, number>
  /** Connections that broke; their requests are sent again elsewhere. */
  readonly broken: number
  readonly tookMs: number
}

/** Sends so many requests as fast as they are answered, with as little work of its own as can be. */
export async function storm(options: StormOptions): Promise<StormCounts> {
  const { port, requests, connections, fieldsOf = () => [], onAnswer = () => {} } = options
  const byStatus = new Map<number, number>()
  let [sent, answered, broken] = [0, 0, 0]
  const beganAt = performance.now()
  await Promise.all(Array.from({ length: connections }, run))
  return { byStatus, broken, tookMs: performance.now() - beganAt }

  async function run(): Promise<void> {
    while (answered < requests && sent < requests) await connection()
  }

  function connection(): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      let text = ''
      let isOpen = false
      const next = (): void => {
        if (sent >= requests) return void socket.end()
        const fields = fieldsOf(sent).map((field) => `${field}\r\n`)
        sent += 1
        isOpen = true
        socket.write(`GET / HTTP/1.1\r\nHost: storm\r\n${fields.join('')}\r\n`)
      }
      socket.on('connect', next)
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1')
        const status = wholeAnswer(text)
        if (status === null) return
        text = ''
        isOpen = false
        answered += 1
        byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
        onAnswer(answered)
        next()
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        if (isOpen) {
          sent -= 1
          broken += 1
        }
        resolve()
      })
    })
  }
}

/** The status of an answer that is there to its last byte, or null. */
function wholeAnswer(text: string): number | null {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return null
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
  return text.length >= end + 4 + length ? Number(text.slice(9, 12)) : null
}
