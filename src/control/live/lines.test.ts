import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { until } from '../../../test/support/project.ts'
import { Problem } from '../../core/problem.ts'
import type { LogLine, StoredLine } from '../../observe/logs/line.ts'
import { Ring } from '../../observe/logs/ring.ts'
import { LogStore } from '../../observe/logs/store/store.ts'
import { followLive, type LiveNews } from '../api/live-client.ts'
import { LINES_PER_SECOND } from './lines.ts'
import { AT, read, serve, type Raw } from './testing.ts'
import type { LiveOptions } from './live.ts'

/** The logs as their thread holds them: a store on the disk, and the tail of what this process has read. */
function makeLogs(t: TestContext, max?: number) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-live-lines-'))
  const store = new LogStore(folder, { now: () => AT })
  t.after(() => {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  let epoch = 1
  const busyFor = { follow: 0, search: 0 }
  let ring = new Ring('epoch-1', max)
  let count = 0
  const keep = (service: string, many: number): readonly StoredLine[] =>
    store.append(
      Array.from({ length: many }, () => lineOf(service, `line ${count++}`)),
      new Map(),
    )
  return {
    call: (async (method: 'follow' | 'search', input: never) => {
      if (busyFor[method]-- > 0) throw new Problem('logs.busy', 'the logs cannot be asked right now')
      return method === 'follow' ? ring.follow(input) : store.search((input as { query: object }).query, input)
    }) as LiveOptions['logs']['call'],
    /** So many questions of the kind are refused. */
    refuse: (method: 'follow' | 'search', count: number) => void (busyFor[method] = count),
    write: (many: number, service = 'api') => ring.add(keep(service, many)),
    /** Kept by a thread that died before it could tell. */
    keepUntold: (many: number) => void keep('api', many),
    restart: () => (ring = new Ring(`epoch-${(epoch += 1)}`, max)),
  }
}

function lineOf(service: string, text: string): LogLine {
  const nobody = { instance: null, release: null, correlationId: null, traceId: null }
  return { atMs: AT, service, level: 'info', text, ...nobody }
}

const texts = ({ frames }: Raw): readonly string[] =>
  frames.flatMap(({ event, data }) => (event === 'line' ? [(JSON.parse(data) as StoredLine).text] : []))
const numbered = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}`)

void test('lines come as they are stored, those that are asked for, and go on behind the last id', async (t) => {
  const logs = makeLogs(t)
  const { socket } = await serve(t, {}, logs)
  logs.write(5)
  const got: string[] = []
  let lastId: string | undefined
  for (let round = 0; round < 20; round++) {
    const raw = await read(t, socket, 'logs&service=api', lastId)
    await until(() => raw.reader.lastId!.includes('/'), 'its place among the lines')
    logs.write(3, 'other')
    logs.write(20)
    // Left in the middle of them, as often as not.
    if (round % 2 === 0) await until(() => texts(raw).length > round, 'some')
    raw.response.destroy()
    got.push(...texts(raw))
    lastId = raw.reader.lastId!
    logs.write(2)
  }
  const last = await read(t, socket, 'logs&service=api', lastId)
  await until(() => got.length + texts(last).length >= 20 * 22, 'the rest')
  const expected = Array.from({ length: 20 }, (_, round) => numbered(5 + round * 25 + 3, 5 + round * 25 + 25)).flat()
  assert.deepEqual([...got, ...texts(last)], expected)
})

void test('another thread, or another control, goes on where the one before was: what that kept untold is told', async (t) => {
  const logs = makeLogs(t)
  const served = await serve(t, {}, logs)
  const stop = new AbortController()
  const news: LiveNews[] = []
  const following = (async () => {
    for await (const one of followLive(served.socket, { topics: ['logs'], signal: stop.signal })) news.push(one)
  })()
  const told = (): readonly string[] => news.flatMap((one) => (one.event === 'line' ? [one.data.text] : []))
  await until(() => news.length > 0, 'the connection')
  let count = 0
  for (let round = 1; round <= 4; round++) {
    // Lines are told from when the tail was asked first: what is written before may be missing, and is not looked for.
    await until(() => {
      if (round === 1 && told().length === 0) logs.write(1)
      return told().length > 0
    }, 'the first line')
    count = round === 1 ? Number(told()[0]!.slice('line '.length)) : count
    logs.write(10)
    logs.keepUntold(5)
    logs.refuse(round % 2 === 0 ? 'follow' : 'search', round)
    // Once the thread alone, once control with it.
    logs.restart()
    if (round % 2 === 0) await served.restart()
    logs.write(10)
    const last = Number(told().at(-1)!.slice(5))
    await until(() => Number(told().at(-1)!.slice(5)) > last, 'more')
  }
  logs.write(1)
  const sorted = (): readonly number[] =>
    told()
      .map((text) => Number(text.slice(5)))
      .toSorted((a, b) => a - b)
  const from = count
  await until(() => sorted().length >= sorted().at(-1)! - from + 1 && sorted().length > 100, 'all of them')
  assert.deepEqual(
    sorted(),
    Array.from({ length: sorted().length }, (_, index) => from + index),
    'each once',
  )
  assert.deepEqual(
    news.filter(({ event }) => event === 'gap'),
    [],
  )
  stop.abort()
  await following
})

void test('a reader that is slower than the lines is told how many went by, and holds up nobody', async (t) => {
  const logs = makeLogs(t, 1_000)
  const { socket, live } = await serve(t, {}, logs)
  const slow = await read(t, socket, 'logs')
  const quick = await read(t, socket, 'logs')
  await until(() => [slow, quick].every(({ reader }) => reader.lastId!.includes('/')), 'their places')
  slow.response.pause()
  const [reader] = live().readers()
  const total = 10_000
  for (let written = 0; written < total; written += 250) {
    logs.write(250)
    await until(() => texts(quick).length === written + 250, 'the quick one to have them')
    assert.ok(reader!.waiting < 512 * 1024, `${reader!.waiting} bytes wait`)
  }
  slow.response.resume()
  const lost = (): number =>
    slow.frames.reduce(
      (sum, { event, data }) => sum + (event === 'gap' ? (JSON.parse(data) as { lost: number }).lost : 0),
      0,
    )
  await until(() => texts(slow).at(-1) === `line ${total - 1}`, 'the newest line')
  assert.ok(lost() > 0)
  assert.equal(texts(slow).length + lost(), total, 'what was not told is counted')
  assert.equal(
    quick.frames.some(({ event }) => event === 'gap'),
    false,
  )
})

void test('all readers together are told so many lines a second: what they ask for leaves time for everything else', async (t) => {
  const logs = makeLogs(t)
  const served = await serve(t, {}, logs)
  const raws = await Promise.all([0, 1, 2, 3].map(() => read(t, served.socket, 'logs')))
  await until(() => raws.every(({ reader }) => reader.lastId!.includes('/')), 'their places')
  const before = served.sleptMs
  for (let round = 1; round <= 5; round++) {
    logs.write(500)
    await until(() => raws.every((raw) => texts(raw).length === round * 500), 'all of them')
  }
  // Not the pauses behind the newest of them: those may be yet to come.
  const least = (4 * 4 * 500 * 4 * 1_000) / LINES_PER_SECOND
  assert.ok(served.sleptMs - before >= least, `${served.sleptMs - before} ms of ${least}`)
})

void test('lines that cannot be told any more end the stream: its reader asks again', async (t) => {
  const logs = makeLogs(t)
  let isBroken = false
  const call = (async (method: 'follow', input: never) => {
    if (isBroken) throw new TypeError('bug')
    return logs.call(method, input)
  }) as LiveOptions['logs']['call']
  const served = await serve(t, {}, { call })
  const raw = await read(t, served.socket, 'logs')
  await until(() => raw.reader.lastId!.includes('/'), 'its place among the lines')
  isBroken = true
  logs.write(1)
  await until(() => raw.frames.at(-1)?.event === 'lagged', 'the last frame')
  assert.deepEqual(raw.frames.at(-1)!.data, '{"because":"lines could not be told"}')
  assert.match(JSON.stringify(served.errors.splice(0)), /TypeError: bug/)
})
