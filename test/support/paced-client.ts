import { Agent, request } from 'node:http'

/** Requests without an answer so far; who is slower than asked for is not buried. */
const OPEN_MAX = 100
const BEAT_MS = 100

export interface ClientOptions {
  readonly port: number
  /** A loopback address of its own. */
  readonly from: string
  readonly path: string
  /** Text to POST as a form. @default none: GET */
  readonly form?: string
}

export type PacedClient = ReturnType<typeof startPacedClient>

/** So many requests a second from one client over kept-alive connections, until it is stopped; counts what it was answered. */
export function startPacedClient(options: ClientOptions, perSecond: number) {
  const { port, from, path, form } = options
  const agent = new Agent({ keepAlive: true, maxSockets: 10 })
  const answers = new Map<number, number>()
  let [open, broken, owed, rate] = [0, 0, 0, perSecond]
  const ended = (status: number | null): void => {
    open -= 1
    if (status === null) broken += 1
    else answers.set(status, (answers.get(status) ?? 0) + 1)
  }
  const ask = (): void => {
    open += 1
    const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
    const asked = request({
      agent,
      host: '127.0.0.1',
      localAddress: from,
      port,
      path,
      method: form === undefined ? 'GET' : 'POST',
      headers: { ...type, ...(form === undefined ? {} : { 'content-length': form.length }) },
    })
    let isDone = false
    const once = (status: number | null): void => {
      if (!isDone) ended(status)
      isDone = true
    }
    asked.on('response', (response) => {
      response.resume()
      response.on('end', () => once(response.statusCode!))
      response.on('error', () => once(null))
    })
    asked.on('error', () => once(null))
    asked.end(form)
  }
  let beatAt = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    // By the time that has passed: a busy machine beats late.
    owed += (rate * (now - beatAt)) / 1_000
    beatAt = now
    for (; owed >= 1; owed -= 1) if (open < OPEN_MAX) ask()
  }, BEAT_MS)
  const stop = (): void => {
    clearInterval(timer)
    rate = 0
  }
  return {
    /** How often each status came. */
    answered: (status: number): number => answers.get(status) ?? 0,
    /** Requests whose answer nobody saw; whether they were counted is not known. */
    broken: (): number => broken,
    isIdle: (): boolean => open === 0,
    /** From now on; 0 pauses. */
    setRate: (next: number): void => void (rate = next),
    stop,
    [Symbol.dispose]: (): void => {
      stop()
      agent.destroy()
    },
  }
}
