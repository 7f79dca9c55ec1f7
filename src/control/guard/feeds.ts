import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-file.ts'
import type { Clock } from '../../core/clock.ts'
import { messageOf, Problem } from '../../core/problem.ts'
import type { SecurityEvent } from '../../guard/event.ts'
import type { GuardPolicy } from '../../guard/policy.ts'
import { feedFileName, FEEDS_FOLDER, readSavedFeed, saveFeed } from '../../guard/reputation/feed-file.ts'
import { parseFeed, type BadLine } from '../../guard/reputation/feed.ts'
import { NetworkSet } from '../../guard/reputation/network-set.ts'
import type { FeedSet } from '../../guard/reputation/reputation.ts'
import { controlEvent } from './events/record.ts'
import { fetchFeed, type FetchedFeed } from './fetch-feed.ts'

/** A feed that could not be had is asked for again after this long, or its own time if that is shorter. */
export const RETRY_MS = 5 * 60_000
const STATUS_FILE = 'feeds.status.json'

export interface FeedStatus {
  readonly url: string
  /** When it was last read; null: never. */
  readonly loadedAtMs: number | null
  /** Networks that are refused because of it. */
  readonly networks: number
  /** Lines that could not be used, the first of them. */
  readonly bad: readonly BadLine[]
  readonly badCount: number
  /** Why it could not be had the last time; null: it could. What was read before holds. */
  readonly error: string | null
  readonly nextAtMs: number
}

interface Known extends FeedStatus {
  readonly tag: string | null
}

export interface FeedsOptions {
  readonly folder: string
  readonly clock: Clock
  /** Of the policy in force. */
  readonly feeds: () => GuardPolicy['feeds']
  /** The networks of a feed are saved anew. */
  readonly onLoaded: (url: string) => void
  readonly tell: (event: SecurityEvent) => void
  readonly fetch?: (url: string, tag: string | null) => Promise<FetchedFeed>
}

/** Fetches the lists of addresses that the policy names, each at its time, and saves them for the workers. */
export class Feeds {
  readonly #options: FeedsOptions
  readonly #known = new Map<string, Known>()
  readonly #loading = new Map<string, Promise<FeedStatus>>()

  constructor(options: FeedsOptions) {
    this.#options = options
    mkdirSync(join(options.folder, FEEDS_FOLDER), { recursive: true, mode: 0o700 })
    for (const known of readStatus(this.#statusFile)) this.#known.set(known.url, known)
  }

  list(): readonly FeedStatus[] {
    return this.#options.feeds().map(({ url }) => statusOf(this.#known.get(url) ?? unread(url)))
  }

  /** As they are saved for the workers. */
  sets(): readonly FeedSet[] {
    return this.#options.feeds().flatMap(({ url }) => {
      const networks = readSavedFeed(this.#options.folder, url)
      return networks === null ? [] : [{ url, networks }]
    })
  }

  /** Fetches what is due; a feed that the policy no longer names is forgotten. */
  async tick(): Promise<void> {
    const { clock, feeds } = this.#options
    const named = feeds()
    this.#forgetOthers(new Set(named.map(({ url }) => url)))
    const due = named.filter(({ url }) => (this.#known.get(url)?.nextAtMs ?? 0) <= clock.now())
    await Promise.all(due.map(({ url }) => this.#load(url)))
  }

  /** Fetches one feed of the policy now, or all of them. @throws Problem `guard.unknown-feed` */
  async reload(url: string | null): Promise<readonly FeedStatus[]> {
    const urls = this.#options.feeds().map((feed) => feed.url)
    if (url !== null && !urls.includes(url))
      throw new Problem('guard.unknown-feed', `${url} is none of guard.feeds`, {
        hint: urls.length === 0 ? 'The config names none.' : `There are: ${urls.join(', ')}`,
      })
    return Promise.all((url === null ? urls : [url]).map((one) => this.#load(one)))
  }

  /** Once at a time: who asks while it is being fetched waits for that. */
  #load(url: string): Promise<FeedStatus> {
    const running = this.#loading.get(url)
    if (running !== undefined) return running
    const loading = this.#loadNow(url).finally(() => this.#loading.delete(url))
    this.#loading.set(url, loading)
    return loading
  }

  async #loadNow(url: string): Promise<FeedStatus> {
    const { folder, clock, onLoaded, fetch = fetchFeed } = this.#options
    const before = this.#known.get(url) ?? unread(url)
    const everyMs = this.#options.feeds().find((feed) => feed.url === url)?.everyMs ?? RETRY_MS
    try {
      const { text, tag } = await fetch(url, before.tag)
      const now = clock.now()
      const next = { ...before, loadedAtMs: now, nextAtMs: now + everyMs, error: null, tag }
      if (text === null) return this.#note(next, before)
      const { networks, bad, badCount } = await parseFeed(text, now)
      const set = NetworkSet.of(networks)
      saveFeed(folder, url, set)
      const status = this.#note({ ...next, networks: networks.length, bad, badCount }, before)
      onLoaded(url)
      return status
    } catch (error) {
      const nextAtMs = clock.now() + Math.min(everyMs, RETRY_MS)
      return this.#note({ ...before, error: reasonOf(error), nextAtMs }, before)
    }
  }

  /** Tells what is new: not that everything is as it was. */
  #note(now: Known, before: Known): FeedStatus {
    const { clock, tell } = this.#options
    this.#known.set(now.url, now)
    this.#save()
    const isNews =
      now.error !== before.error ||
      now.networks !== before.networks ||
      now.badCount !== before.badCount ||
      before.loadedAtMs === null
    const bad = now.badCount === 0 ? '' : `; ${now.badCount} bad lines, the first: ${describeBad(now.bad[0]!)}`
    const reason = now.error === null ? `${now.url}: ${now.networks} networks${bad}` : `${now.url}: ${now.error}`
    if (isNews) tell(controlEvent('feed', clock.now(), { by: 'control', reason: reason.slice(0, 500) }))
    return statusOf(now)
  }

  #forgetOthers(named: ReadonlySet<string>): void {
    const gone = [...this.#known.keys()].filter((url) => !named.has(url))
    if (gone.length === 0) return
    for (const url of gone) this.#known.delete(url)
    const folder = join(this.#options.folder, FEEDS_FOLDER)
    const kept = new Set([...named].map(feedFileName))
    for (const name of readdirSync(folder)) if (!kept.has(name)) rmSync(join(folder, name), { force: true })
    this.#save()
  }

  get #statusFile(): string {
    return join(this.#options.folder, 'guard', STATUS_FILE)
  }

  #save(): void {
    try {
      writeFileAtomic(this.#statusFile, JSON.stringify([...this.#known.values()]))
    } catch {
      // A full disk: after a restart the feeds are fetched again, which is all that is lost.
    }
  }
}

export function describeBad({ line, text, because }: BadLine): string {
  return `line ${line} (${text}) ${because}`
}

function unread(url: string): Known {
  return { url, loadedAtMs: null, networks: 0, bad: [], badCount: 0, error: null, nextAtMs: 0, tag: null }
}

function statusOf({ url, loadedAtMs, networks, bad, badCount, error, nextAtMs }: Known): FeedStatus {
  return { url, loadedAtMs, networks, bad, badCount, error, nextAtMs }
}

/** `fetch failed` says nothing: what it was stands in its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`
}

function readStatus(file: string): readonly Known[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as readonly Known[]
  } catch {
    return []
  }
}
