import { createHash, randomUUID } from 'node:crypto'
import { TICKS_PER_MS } from './gcra.ts'
import { PRESENT_SCRIPT, TAKE_SCRIPT } from './redis-script.ts'
import { ANSWER_MS, LEASE_MAX, RESERVED_MS } from './store.ts'
import type { CountStore, Taken, Want } from './store.ts'

/** How often an asker says that it is there, and for how long it counts. */
export const PRESENT_EVERY_MS = 5_000
const PRESENT_SECONDS = 15
/** Between attempts to reach the server: doubled from the first to the last. */
const RECONNECT_MS = { min: 25, max: 1_000 } as const
/** Calls that wait for the server; more are refused, and judged without it. */
const WAITING_MAX = 4_096

const RESERVED = String(RESERVED_MS * TICKS_PER_MS)

export interface RedisCountsOptions {
  /** `redis://`, `rediss://` or `unix://`. */
  readonly url: string
  /** Of all keys: askers with the same one share their counts. */
  readonly prefix: string
  /** Askers there are at least, whether or not they have all said so. @default 1 */
  readonly sharers?: number
}

/**
 * Counts in Redis, for askers on several hosts: one call of one script for all limits of a request, by the clock of the server.
 * Calls of one turn of the event loop go in one write. The client is loaded when the first of them is made.
 */
export class RedisCounts implements CountStore {
  readonly lease = LEASE_MAX
  sharers: number
  readonly #prefix: string
  readonly #least: number
  readonly #name = randomUUID()
  readonly #present: NodeJS.Timeout
  #client: Client | null = null
  #isClosed = false
  #waiting = 0

  constructor({ url, prefix, sharers = 1 }: RedisCountsOptions) {
    this.#prefix = prefix
    this.sharers = sharers
    this.#least = sharers
    this.#present = setInterval(() => void this.#sayPresent(), PRESENT_EVERY_MS).unref()
    void this.#connect(url)
  }

  get reachable(): boolean {
    return this.#client?.isReady === true
  }

  async take(wants: readonly Want[]): Promise<Taken> {
    const values = [String(this.sharers), RESERVED]
    for (const { rule, need, extra, used, back, known } of wants) {
      for (const value of [rule.interval, rule.burst, need, extra, used, back, known]) values.push(String(value))
    }
    const keys = wants.map(({ rule, key }) => `${this.#prefix}:${rule.id}:${key}`)
    const [taken, ...numbers] = (await this.#run(TAKE, keys, values)) as number[]
    return {
      taken: taken === 1,
      grants: wants.map((_, index) => {
        const [extra, level, reserved, wait] = numbers.slice(index * 4) as [number, number, number, number]
        return { extra, level, reserved, wait }
      }),
    }
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#present)
    if (this.#client?.isOpen === true) this.#client.destroy()
  }

  async #connect(url: string): Promise<void> {
    const { createClient } = await import('@redis/client')
    if (this.#isClosed) return
    const client = createClient({
      url,
      RESP: 2,
      // A question that would wait for the connection comes too late.
      disableOfflineQueue: true,
      commandsQueueMaxLength: WAITING_MAX,
      socket: {
        connectTimeout: 2_000,
        reconnectStrategy: (retries) => Math.min(RECONNECT_MS.max, RECONNECT_MS.min * 2 ** Math.min(retries, 10)),
      },
    })
    this.#client = client
    // Told by `reachable`, and by the calls that fail.
    client.on('error', () => {})
    client.on('ready', () => void this.#sayPresent())
    await client.connect().catch(() => {})
  }

  async #sayPresent(): Promise<void> {
    if (!this.reachable) return
    try {
      const count = await this.#run(PRESENT, [`${this.#prefix}:askers`], [this.#name, String(PRESENT_SECONDS)])
      // Just begun, a server has heard of few: their shares would be too large.
      this.sharers = Math.max(this.#least, count as number)
    } catch {
      // What was known stays.
    }
  }

  async #run(script: Script, keys: readonly string[], values: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...values]
    try {
      return await this.#send(['EVALSHA', script.sha, ...rest])
    } catch (error) {
      // A server that has just begun knows no scripts.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return this.#send(['EVAL', script.text, ...rest])
    }
  }

  #send(command: readonly string[]): Promise<unknown> {
    const client = this.#client
    if (client?.isReady !== true) return Promise.reject(new Error('Redis is away'))
    if (this.#waiting >= WAITING_MAX) return Promise.reject(new Error(`${WAITING_MAX} calls wait for Redis`))
    this.#waiting += 1
    return new Promise((resolve, reject) => {
      // One look at the socket still: this process may have slept, and the answer lie there.
      const late = setTimeout(() => setImmediate(giveUp), ANSWER_MS)
      const giveUp = (): void => reject(new Error(`no answer from Redis within ${ANSWER_MS} ms`))
      const settle = (): void => {
        this.#waiting -= 1
        clearTimeout(late)
      }
      client.sendCommand(command).then(
        (answer) => {
          settle()
          resolve(answer)
        },
        (error: unknown) => {
          settle()
          reject(error instanceof Error ? error : new Error(String(error)))
        },
      )
    })
  }
}

interface Script {
  readonly text: string
  readonly sha: string
}

const TAKE = scriptOf(TAKE_SCRIPT)
const PRESENT = scriptOf(PRESENT_SCRIPT)

/** The name that Redis gives it: no secret, so the old hash will do. */
function scriptOf(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** What is asked of the client; its full type depends on every option. */
interface Client {
  readonly isReady: boolean
  readonly isOpen: boolean
  sendCommand(command: readonly string[]): Promise<unknown>
  destroy(): void
}
