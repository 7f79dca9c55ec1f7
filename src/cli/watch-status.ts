import { followLive, type LiveNews } from '../control/api/live-client.ts'
import type { StatusNow } from '../control/api/live-events.ts'
import type { Reach } from '../control/api/reach.ts'
import { DATA_MS_MAX } from '../control/status/answer.ts'
import { describeEnvironment } from './environment-text.ts'
import { print } from './output.ts'
import { Screen } from './screen.ts'
import { describeHealth, describeUnheard } from './status-text.ts'

/** Ages go on while nothing is told. */
const REDRAW_MS = 1_000

type News = AsyncIterable<LiveNews>
type LastNews = LiveNews['event'] | null

export interface WatchOptions {
  readonly to: string | Reach
  readonly json: boolean
  readonly say: (text: string) => string
}

/** Shows every change as it happens, until Ctrl-C or until the environment is stopped. */
export async function watchStatus({ to, json, say }: WatchOptions): Promise<void> {
  const interrupted = new AbortController()
  const interrupt = (): void => interrupted.abort()
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  const news = followLive(to, { topics: ['status'], awayMs: Infinity, signal: interrupted.signal })
  const show = json ? printNews : process.stdout.isTTY ? drawNews : printChanges
  const end = await show(news, say)
  if (end === 'stopped' && !json) print('the environment was stopped')
  process.off('SIGINT', interrupt)
  process.off('SIGTERM', interrupt)
}

/** One line for each, with the keys of `status --json`. */
async function printNews(news: News): Promise<LastNews> {
  let last: LastNews = null
  for await (const one of news) {
    last = one.event
    if (one.event === 'status') {
      const { status, health, needs } = one.data
      print(JSON.stringify({ kind: 'status', ...status, needs, health }))
    } else if (one.event === 'away') print(JSON.stringify({ kind: 'away', since: one.since }))
    else if (one.event === 'stopped') print(JSON.stringify({ kind: 'stopped' }))
  }
  return last
}

/** The whole again and again: for a log. */
async function printChanges(news: News, say: (text: string) => string): Promise<LastNews> {
  const heard = new Heard()
  let last: LastNews = null
  for await (const one of news) {
    last = one.event
    heard.take(one)
    const text = heard.text()
    if ((last === 'status' || last === 'away') && text !== null) print(say(`${text}\n`))
  }
  return last
}

async function drawNews(news: News, say: (text: string) => string): Promise<LastNews> {
  const heard = new Heard()
  let last: LastNews = null
  using screen = new Screen(process.stdout)
  const draw = (): void => {
    const text = heard.text()
    if (text !== null) screen.draw(say(text))
  }
  const timer = setInterval(draw, REDRAW_MS)
  process.stdout.on('resize', draw)
  try {
    for await (const one of news) {
      last = one.event
      heard.take(one)
      draw()
    }
    return last
  } finally {
    clearInterval(timer)
    process.stdout.off('resize', draw)
  }
}

/** What was heard last, as it is to be told now: times are control's, how long ago it was is measured here. */
export class Heard {
  readonly #monotonicMs: () => number
  #last: StatusNow | null = null
  #heardAt = 0
  #awayAt: number | null = null

  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs
  }

  take(news: LiveNews): void {
    if (news.event === 'away' || news.event === 'stopped') this.#awayAt ??= this.#monotonicMs()
    if (news.event !== 'status') return
    this.#last = news.data
    this.#heardAt = this.#monotonicMs()
    this.#awayAt = null
  }

  /** Null: nothing was heard yet. */
  text(): string | null {
    if (this.#last === null) return null
    const { status, health, needs } = this.#last
    const now = this.#monotonicMs()
    const report = { ...health, at: health.at + (now - this.#heardAt) }
    // One that is connected and says nothing is no better: it tells of every measurement.
    const unheardAt = this.#awayAt ?? (now - this.#heardAt > DATA_MS_MAX ? this.#heardAt : null)
    const answer =
      unheardAt === null
        ? describeHealth(report, needs)
        : describeUnheard(report, needs, health.at + (unheardAt - this.#heardAt))
    return `${answer}\n\n${describeEnvironment({ status, needs })}`
  }
}
