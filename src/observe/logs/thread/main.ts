/** The thread of logs and traces: reads outputs, keeps lines, answers questions. Nothing it does holds up who started it. */
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf, Problem } from '../../../core/problem.ts'
import { scrubOf, type Scrub } from '../../../core/scrub.ts'
import { TraceStore } from '../../traces/store.ts'
import { Sending } from '../../ship/sending.ts'
import { around } from '../around.ts'
import { Reader } from '../reader.ts'
import { Ring } from '../ring.ts'
import { sourceOf } from '../source.ts'
import { LogStore } from '../store/store.ts'
import type { FromThread, LogCalls, ThreadOptions, ToThread } from './messages.ts'

/** How often outputs are looked at. */
const LOOK_EVERY_MS = 250
const PRUNE_EVERY_MS = 60_000

const { stateFolder, epoch, ...bounds } = workerData as ThreadOptions
const store = new LogStore(join(stateFolder, 'logs.db'), {
  ...bounds,
  onDamaged: (path) => post({ damaged: `lines were damaged; what is left of them is ${path}` }),
})
const traces = new TraceStore(join(stateFolder, 'traces.db'), Date.now, (aside) =>
  post({ damaged: `the traces were damaged and begin anew; what is left of them is ${aside}` }),
)
const ring = new Ring(epoch)
const sending = new Sending((trouble) => post({ trouble }))
/** Null: asked for. */
const scrubs = new Map<string, Scrub | null>()
const releases = new Set<string>()
const reader = new Reader({
  folder: join(stateFolder, 'logs'),
  store,
  scrubOf: scrubFor,
  onLines: (lines) => {
    ring.add(lines)
    sending.lines(lines)
  },
  onTrouble: (error) => post({ trouble: messageOf(error) }),
})

const CALLS: { [M in keyof LogCalls]: (input: LogCalls[M]['input']) => unknown } = {
  search: ({ query, ...options }) => store.search(query, options),
  follow: (ask) => ring.follow(ask),
  around: ({ id, count }) => around(store, traces, id, count),
  stats: () => {
    const { loki, otlp } = sending.dropped()
    return { dropped: { ...reader.dropped(), loki }, tracesNotSent: otlp, bytes: store.bytes() }
  },
  send: (to) => {
    sending.set(to)
    return {}
  },
  addTraces: ({ traces: kept }) => {
    traces.add(kept)
    return {}
  },
  addSpans: (taken) => {
    sending.spans(taken)
    return {}
  },
  traces: (query) => traces.list(query),
  trace: ({ id }) => ({ traces: traces.get(id) }),
}

parentPort!.on('message', (message: ToThread) => {
  if ('close' in message) {
    store.close()
    traces.close()
    process.exit()
  } else if ('call' in message) void answer(message)
  else learn(message)
})
void look()
setInterval(() => store.prune(), PRUNE_EVERY_MS)

/** Questions are answered between one output and the next, however much has been written. */
async function look(): Promise<void> {
  let more = false
  try {
    for (const isMore of reader.looks(Date.now())) {
      more = isMore || more
      await nextTurn()
    }
    store.tidy()
  } catch (error) {
    post({ trouble: messageOf(error) })
  }
  setTimeout(() => void look(), more ? 0 : LOOK_EVERY_MS)
}

function scrubFor(output: string): Scrub | null {
  const known = scrubs.get(output)
  if (known !== undefined) return known
  scrubs.set(output, null)
  post({ output })
  return null
}

function learn({ output, secrets }: Extract<ToThread, { output: string }>): void {
  scrubs.set(output, allOf(secrets.map(scrubOf)))
  const { release } = sourceOf(output)
  if (release === null || releases.has(release)) return
  releases.add(release)
  // What belongs to no release may tell of any: it is asked for again.
  for (const other of scrubs.keys()) if (sourceOf(other).release === null) scrubs.delete(other)
}

function allOf(all: readonly Scrub[]): Scrub {
  return (text) => all.reduce((clean, scrub) => scrub(clean), text)
}

async function answer({ call, method, input }: Extract<ToThread, { call: number }>): Promise<void> {
  try {
    const run = CALLS[method] as (input: unknown) => unknown
    post({ call, result: await run(input) })
  } catch (error) {
    post(error instanceof Problem ? { call, problem: error.toJSON() } : { call, error: messageOf(error) })
  }
}

function post(message: FromThread): void {
  parentPort!.postMessage(message, [])
}
