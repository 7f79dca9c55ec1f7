import { request as httpRequest, type IncomingMessage } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { Problem, type ProblemJson } from '../../core/problem.ts'
import type { LogQuery } from '../../observe/logs/line.ts'
import { environmentDown, isAway } from './client.ts'
import { HEARTBEAT_MS, LINE_FILTERS, LIVE_PATH, type LiveEvents, type Topic } from './live-events.ts'
import { routeTo, type Reach } from './reach.ts'
import { FrameReader, type Frame } from './sse.ts'

/** A stream that is silent for longer than two heartbeats is given up for a new one. */
const SILENT_MS = 2 * HEARTBEAT_MS
const RETRY_MS = 100
/** Lines remembered, so that none is told twice where a new control cannot know exactly how far the old one came. */
const LINES_REMEMBERED = 20_000

export type LiveMessage = {
  [E in keyof LiveEvents]: { readonly event: E; readonly data: LiveEvents[E] }
}[keyof LiveEvents]

/** What comes, and whether anybody is there to say it. */
export type LiveNews =
  | LiveMessage
  | { readonly event: 'connected' }
  | { readonly event: 'away'; readonly since: number }

export interface FollowLiveOptions {
  readonly topics: readonly Topic[]
  /** Narrows `logs`. */
  readonly lines?: Omit<LogQuery, 'fromMs' | 'toMs'>
  /** How long a control that is away is waited for; Infinity: for ever. @default 15 s */
  readonly awayMs?: number
  /** @default two heartbeats */
  readonly silentMs?: number
  readonly signal?: AbortSignal
}

/**
 * Follows what happens until the signal aborts or the environment is stopped. A stream that breaks, by a killed control as
 * well, is taken up again where it stood: no event is told twice or left out, and no line twice.
 * @throws Problem `environment.down` when nobody answers within `awayMs`; `live.full`, `api.wrong-input`
 */
export async function* followLive(to: string | Reach, options: FollowLiveOptions): AsyncGenerator<LiveNews, void> {
  const { awayMs = 15_000, signal } = options
  const isOver = (): boolean => signal?.aborted === true
  const lines = new Remembered(LINES_REMEMBERED)
  let lastId: string | null = null
  let awaySince: number | null = null
  while (!isOver()) {
    let response: IncomingMessage | null = null
    let lost: unknown = null
    try {
      response = await open(to, options, lastId)
      awaySince = null
      yield { event: 'connected' }
      const reader = new FrameReader()
      for await (const text of response as AsyncIterable<string>) {
        for (const frame of reader.push(text)) {
          const message = messageOf(frame)
          if (message.event === 'line' && !lines.add(message.data.id)) continue
          yield message
          if (message.event === 'stopped') return
        }
        lastId = reader.lastId ?? lastId
      }
    } catch (error) {
      if (isOver()) return
      if (!isAway(error)) throw error
      lost = error
    } finally {
      response?.destroy()
    }
    if (awaySince === null) {
      awaySince = Date.now()
      yield { event: 'away', since: awaySince }
    }
    if (Date.now() - awaySince >= awayMs) throw environmentDown(to, lost)
    await wait(RETRY_MS, undefined, signal ? { signal } : {}).catch(() => {})
  }
}

function open(to: string | Reach, options: FollowLiveOptions, lastId: string | null): Promise<IncomingMessage> {
  const { topics, lines = {}, silentMs = SILENT_MS, signal } = options
  const asked = new URLSearchParams({ topics: topics.join(',') })
  for (const name of LINE_FILTERS) if (lines[name] !== undefined) asked.set(name, lines[name])
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        ...routeTo(to, silentMs, false),
        path: `${LIVE_PATH}?${asked.toString()}`,
        timeout: silentMs,
        headers: { accept: 'text/event-stream', ...(lastId === null ? {} : { 'last-event-id': lastId }) },
        ...(signal ? { signal } : {}),
      },
      (response) => {
        response.setEncoding('utf8')
        if (response.statusCode === 200) resolve(response)
        else refusalOf(response).then(reject, reject)
      },
    )
    const silent = Object.assign(new Error('control was silent for too long'), { code: 'ECONNRESET' })
    request.on('timeout', () => request.destroy(silent))
    request.on('error', reject)
    request.end()
  })
}

async function refusalOf(response: IncomingMessage): Promise<Problem> {
  const text = (await response.toArray()).join('')
  return Problem.fromJSON(JSON.parse(text) as ProblemJson)
}

/** The other side is our own control, of the same version. */
function messageOf({ event, data }: Frame): LiveMessage {
  return { event, data: JSON.parse(data) as unknown } as LiveMessage
}

/** The newest of many, each once. */
class Remembered {
  readonly #max: number
  readonly #known = new Set<string>()

  constructor(max: number) {
    this.#max = max
  }

  /** False: it is known. */
  add(id: string): boolean {
    if (this.#known.has(id)) return false
    this.#known.add(id)
    if (this.#known.size > this.#max) for (const oldest of this.#known.values()) return this.#known.delete(oldest)
    return true
  }
}
