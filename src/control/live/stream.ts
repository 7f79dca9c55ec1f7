import type { ServerResponse } from 'node:http'
import type { LiveEvents, Topic } from '../api/live-events.ts'
import { frameText, placeText } from '../api/sse.ts'
import { formatPlace, type Place } from './place.ts'
import type { Ask } from './ask.ts'

export interface StreamBounds {
  /** What waits for a reader beyond this much ends its stream. @default 1 MiB */
  readonly queueBytesMax: number
  /** So does a reader that takes nothing for so long. @default 30 s */
  readonly stalledMs: number
  /** How long the last frame of a stream is left for its reader to take. @default 10 s */
  readonly lingerMs: number
}

export const STREAM_BOUNDS: StreamBounds = { queueBytesMax: 1024 * 1024, stalledMs: 30_000, lingerMs: 10_000 }

/** Topics whose newest value is all that is owed. */
export type ValueTopic = Exclude<Topic, 'events' | 'logs'>

/** One reader. What waits for it is bounded: sequences end with `lagged`, of values only the newest is kept. */
export class LiveStream {
  readonly ask: Ask
  place: Place
  readonly #response: ServerResponse
  readonly #bounds: StreamBounds
  readonly #over = new AbortController()
  /** By topic: which value it has, or is to get. */
  readonly #marks = new Map<ValueTopic, string>()
  readonly #owed = new Map<ValueTopic, string>()
  #blockedSince: number | null = null
  /** For those who wait for room; null: nobody does. */
  #room: PromiseWithResolvers<void> | null = null

  constructor(response: ServerResponse, ask: Ask, place: Place, bounds: StreamBounds) {
    this.ask = ask
    this.place = place
    this.#response = response
    this.#bounds = bounds
    response.on('close', () => this.#close())
    response.on('error', () => this.#close())
    response.on('drain', () => this.#drained())
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'close',
    })
    this.tellPlace()
  }

  /** Where it stands, without a message. */
  tellPlace(): void {
    if (!this.over.aborted) this.#write(placeText(formatPlace(this.place)))
  }

  /** Aborts when nothing more is told. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /** Bytes that wait for the reader. */
  get waiting(): number {
    return this.#response.writableLength
  }

  /** One of a sequence, after which the stream stands at `place`. @param json its data as JSON */
  tell(event: 'event' | 'line' | 'gap', json: string, place: Place): void {
    if (this.over.aborted) return
    this.place = place
    this.#write(frameText(event, json, formatPlace(place)))
    if (this.waiting > this.#bounds.queueBytesMax) this.lag(`${this.waiting} bytes wait for it`)
  }

  /** The newest value of a topic: told when it is another one than before, and when there is room for it. */
  offer(topic: ValueTopic, mark: string, json: string): void {
    if (this.over.aborted || this.#marks.get(topic) === mark) return
    this.#marks.set(topic, mark)
    if (this.#response.writableNeedDrain) this.#owed.set(topic, json)
    else this.#write(frameText(topic, json, null))
  }

  /** Says that somebody is there, and where the stream stands. */
  beat(nowMs: number): void {
    if (this.over.aborted) return
    if (this.#response.writableNeedDrain) {
      this.#blockedSince ??= nowMs
      if (nowMs - this.#blockedSince >= this.#bounds.stalledMs) this.lag('it took nothing')
      return
    }
    this.#blockedSince = null
    this.#write(`:\n${placeText(formatPlace(this.place))}`)
  }

  /** Resolves when there is room, or nothing more to be told. */
  async room(): Promise<void> {
    while (this.#response.writableNeedDrain && !this.over.aborted) {
      this.#room ??= Promise.withResolvers()
      await this.#room.promise
    }
  }

  lag(because: string): void {
    this.end('lagged', { because })
  }

  /** Tells the last of it. Whoever does not take it is cut off. */
  end<E extends 'lagged' | 'stopped'>(event: E, data: LiveEvents[E]): void {
    if (this.over.aborted) return
    this.#close()
    this.#response.end(frameText(event, JSON.stringify(data), null))
    const cut = setTimeout(() => this.#response.destroy(), this.#bounds.lingerMs)
    cut.unref()
    this.#response.on('close', () => clearTimeout(cut))
  }

  #write(text: string): void {
    this.#response.write(text)
  }

  #close(): void {
    this.#over.abort()
    this.#owed.clear()
    this.#makeRoom()
  }

  #makeRoom(): void {
    this.#room?.resolve()
    this.#room = null
  }

  #drained(): void {
    this.#blockedSince = null
    this.#makeRoom()
    for (const [topic, json] of this.#owed) {
      if (this.over.aborted || this.#response.writableNeedDrain) return
      this.#owed.delete(topic)
      this.#write(frameText(topic, json, null))
    }
  }
}
