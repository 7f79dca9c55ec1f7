import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { Problem } from '../../core/problem.ts'
import type { LogThread } from '../../observe/logs/thread/client.ts'
import { HEARTBEAT_MS, type Gap } from '../api/live-events.ts'
import { readAsk } from './ask.ts'
import { tellLines } from './lines.ts'
import type { LiveRows } from './rows.ts'
import { LiveStream, STREAM_BOUNDS, type StreamBounds, type ValueTopic } from './stream.ts'

/** Readers at once. */
export const READERS_MAX = 50
/** Events that are read and told in one go. */
const PAGE_EVENTS = 200

/** Events that come close together bring one look at the values. */
const LOOK_MS_MIN = 100

/** A value as it is told, and what makes it another one than before. */
export interface Looked {
  readonly json: string
  readonly mark: string
}

export interface LiveOptions {
  readonly rows: LiveRows
  readonly values: Readonly<Record<ValueTopic, () => Promise<Looked>>>
  readonly logs: Pick<LogThread, 'call'>
  readonly clock: Clock
  readonly logger: Logger
  /** @default STREAM_BOUNDS */
  readonly bounds?: StreamBounds
}

/** Tells readers what happens. Everything is looked at once for all of them, and only what somebody reads. */
export class Live {
  readonly #options: LiveOptions
  readonly #bounds: StreamBounds
  readonly #streams = new Set<LiveStream>()
  readonly #looking = new Set<ValueTopic>()
  readonly #behind = new Set<LiveStream>()
  /** Everything up to here was told to those who read. */
  #told: number
  #isWoken = false
  #beatAt: number
  #lookedAt = 0
  #failed: string | null = null

  constructor(options: LiveOptions) {
    this.#options = options
    this.#bounds = options.bounds ?? STREAM_BOUNDS
    this.#told = options.rows.newest()
    this.#beatAt = options.clock.now()
  }

  /** Answers `GET /v1/live`. @throws Problem `live.full`, `api.wrong-input` */
  open(request: IncomingMessage, response: ServerResponse): void {
    const ask = readAsk(request)
    if (this.#streams.size >= READERS_MAX) {
      throw new Problem('live.full', `${READERS_MAX} readers follow already`, {
        hint: 'End some that follow (`status --watch`, `logs -f`, consoles), and try again.',
      })
    }
    const { from } = ask
    const place = { event: from?.event ?? this.#options.rows.newest(), lines: from?.lines ?? null }
    const stream = new LiveStream(response, ask, place, this.#bounds)
    this.#streams.add(stream)
    response.on('close', () => this.#streams.delete(stream))
    if (ask.topics.has('events') && from !== null) this.#run('events', this.#catchUp(stream), stream)
    if (ask.topics.has('logs')) this.#run('lines', this.#tellLines(stream), stream)
    this.look()
  }

  /** Called when an event may have been written: what is read then is what has been committed. */
  wake(): void {
    if (this.#isWoken) return
    this.#isWoken = true
    setImmediate(() => {
      this.#isWoken = false
      this.#tellEvents()
      if (Math.abs(this.#options.clock.now() - this.#lookedAt) >= LOOK_MS_MIN) this.look()
    })
  }

  /** Looks at what somebody reads, and says now and then that it is there. For every now and then. */
  look(): void {
    const nowMs = this.#options.clock.now()
    this.#lookedAt = nowMs
    if (Math.abs(nowMs - this.#beatAt) >= HEARTBEAT_MS) {
      this.#beatAt = nowMs
      for (const stream of this.#streams) stream.beat(nowMs)
    }
    for (const topic of ['status', 'alerts', 'deploys'] as const) {
      const isRead = [...this.#streams].some(({ ask }) => ask.topics.has(topic))
      if (isRead && !this.#looking.has(topic)) this.#run(topic, this.#lookAt(topic))
    }
  }

  readers(): readonly LiveStream[] {
    return [...this.#streams]
  }

  /** The environment is stopped: nobody has to wait for anything more. */
  stop(): void {
    for (const stream of this.#streams) stream.end('stopped', {})
  }

  async #lookAt(topic: ValueTopic): Promise<void> {
    this.#looking.add(topic)
    try {
      const { json, mark } = await this.#options.values[topic]()
      for (const stream of this.#streams) if (stream.ask.topics.has(topic)) stream.offer(topic, mark, json)
    } finally {
      this.#looking.delete(topic)
    }
  }

  #tellLines(stream: LiveStream): Promise<void> {
    const { logs, clock } = this.#options
    const readers = (): number => this.readers().filter(({ ask }) => ask.topics.has('logs')).length
    return tellLines(stream, { logs, clock, readers })
  }

  /** To those who have got everything before; the others read on their own until they have. */
  #tellEvents(): void {
    const { rows } = this.#options
    const readers = [...this.#streams].filter((each) => each.ask.topics.has('events') && !this.#behind.has(each))
    if (readers.length === 0) {
      this.#told = rows.newest()
      return
    }
    for (let page; (page = rows.events(this.#told, PAGE_EVENTS)).length > 0;) {
      for (const event of page) {
        const json = JSON.stringify(event)
        for (const stream of readers) tellEvent(stream, event.sequence, json)
      }
      this.#told = page.at(-1)!.sequence
    }
  }

  /** What was written since a reader left, a page at a time. */
  async #catchUp(stream: LiveStream): Promise<void> {
    const { rows } = this.#options
    this.#behind.add(stream)
    try {
      startWithin(stream, rows)
      for (;;) {
        const page = rows.events(stream.place.event, PAGE_EVENTS)
        // No event can come between this and its place among the others: nothing has been waited for.
        if (page.length === 0 || stream.over.aborted) return
        for (const event of page) {
          tellEvent(stream, event.sequence, JSON.stringify(event))
          await stream.room()
        }
        await nextTurn()
      }
    } finally {
      this.#behind.delete(stream)
    }
  }

  /** @param stream whose sequence cannot go on without it: its reader asks again */
  #run(what: string, work: Promise<void>, stream?: LiveStream): void {
    work.catch((error: unknown) => {
      // What fails at every look is told once, until it is something else.
      if (this.#failed !== String(error))
        this.#options.logger.error('telling readers failed', { what, error: String(error) })
      this.#failed = String(error)
      stream?.lag(`${what} could not be told`)
    })
  }
}

function tellEvent(stream: LiveStream, sequence: number, json: string): void {
  if (sequence > stream.place.event) stream.tell('event', json, { ...stream.place, event: sequence })
}

/** What a reader asks to go on behind may be gone, or of a state that was thrown away. */
function startWithin(stream: LiveStream, rows: LiveRows): void {
  const { event } = stream.place
  const [oldest, newest] = [rows.oldest(), rows.newest()]
  if (event >= oldest - 1 && event <= newest) return
  const gap: Gap = { topic: 'events', lost: event > newest ? null : oldest - 1 - event }
  stream.tell('gap', JSON.stringify(gap), { ...stream.place, event: event > newest ? newest : oldest - 1 })
}
