import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../../test/support/project.ts'
import { Problem } from '../../core/problem.ts'
import { followLive, type LiveNews } from '../api/live-client.ts'
import { FrameReader } from '../api/sse.ts'
import { EVENTS_KEPT } from '../state.ts'
import { READERS_MAX } from './live.ts'
import { AT, get, read, serve, type Raw } from './testing.ts'

const texts = ({ frames }: Raw): readonly string[] =>
  frames.filter(({ event }) => event === 'event').map(({ data }) => (JSON.parse(data) as { text: string }).text)

void test('a reader that goes away at any moment goes on behind its last id: nothing twice, nothing left out', async (t) => {
  const { socket, add } = await serve(t)
  add('before anybody read')
  const got: string[] = []
  let lastId: string | undefined
  for (let round = 0; round < 30; round++) {
    const raw = await read(t, socket, 'events', lastId)
    for (let index = 0; index < 10; index++) add(`${round}.${index}`)
    // Sometimes in the middle of what is told, sometimes before any of it.
    if (round % 3 !== 0) await until(() => texts(raw).length > round % 7, 'a few')
    raw.response.destroy()
    got.push(...texts(raw))
    lastId = raw.reader.lastId!
    add(`${round} away`)
  }
  const last = await read(t, socket, 'events', lastId)
  await until(() => texts(last).at(-1) === '29 away', 'the end')
  const expected = Array.from({ length: 30 }, (_, round) => [
    ...Array.from({ length: 10 }, (_unused, index) => `${round}.${index}`),
    `${round} away`,
  ])
  assert.deepEqual([...got, ...texts(last)], expected.flat())
})

void test('an event that is written while a reader comes is told once', async (t) => {
  const { socket, state, live, add } = await serve(t)
  // As when the readers come between an event and its telling.
  state.onEvent = () => {}
  for (const text of ['one', 'two', 'three']) add(text)
  const behind = await read(t, socket, 'events', '0')
  const fresh = await read(t, socket, 'events')
  await until(() => texts(behind).length === 3, 'what was written before')
  live().wake()
  add('four')
  live().wake()
  await until(() => [behind, fresh].every((raw) => texts(raw).at(-1) === 'four'), 'the next')
  assert.deepEqual([texts(behind), texts(fresh)], [['one', 'two', 'three', 'four'], ['four']])
})

void test('a reader that is still behind gets what happens meanwhile in its turn', async (t) => {
  const { socket, live, state, add } = await serve(t)
  const many = 5_000
  state.atomically(() => {
    for (let index = 1; index <= many; index++) state.addEvent(AT, 'test', `${index} ${'x'.repeat(200)}`)
  })
  const response = await get(socket, '/v1/live?topics=events', '0')
  const [reader] = live().readers()
  await until(() => reader!.waiting > 0, 'more to be there than the reader takes')
  add('meanwhile')
  live().wake()
  const [frames, got] = [new FrameReader(), [] as number[]]
  response.setEncoding('utf8').on('data', (text: string) => {
    for (const { data } of frames.push(text)) got.push((JSON.parse(data) as { sequence: number }).sequence)
  })
  t.after(() => response.destroy())
  await until(() => got.at(-1) === many + 1, 'the newest')
  assert.deepEqual(
    got,
    Array.from({ length: many + 1 }, (_, index) => index + 1),
  )
})

void test('the client goes on by itself when control is killed, and says that it was away', async (t) => {
  const served = await serve(t)
  const stop = new AbortController()
  const news: LiveNews[] = []
  const following = (async () => {
    for await (const one of followLive(served.socket, { topics: ['events'], signal: stop.signal })) news.push(one)
  })()
  const count = (event: LiveNews['event']): number => news.filter((one) => one.event === event).length
  for (let round = 1; round <= 5; round++) {
    await until(() => count('connected') === round, 'a connection')
    for (let index = 0; index < 20; index++) served.add(`${round}.${index}`)
    if (round % 2 === 0) await until(() => count('event') >= round * 20 - 10, 'some')
    await served.restart()
  }
  await until(() => count('event') === 100, 'everything')
  const told = news.flatMap((one) => (one.event === 'event' ? [one.data.sequence] : []))
  assert.deepEqual(
    told,
    Array.from({ length: 100 }, (_, index) => index + 1),
  )
  assert.equal(count('away'), 5)
  stop.abort()
  await following
})

void test('what is kept no longer is told as a gap, as is a place in a state that is gone', async (t) => {
  const { socket, state } = await serve(t)
  state.atomically(() => {
    for (let index = 1; index <= EVENTS_KEPT + 50; index++) state.addEvent(AT, 'test', String(index))
  })
  const behind = await read(t, socket, 'events', '10')
  await until(() => texts(behind).at(-1) === String(EVENTS_KEPT + 50), 'what is kept')
  assert.deepEqual(behind.frames[0], { event: 'gap', data: '{"topic":"events","lost":40}' })
  assert.equal(texts(behind).length, EVENTS_KEPT)
  const edge = await read(t, socket, 'events', '50')
  await until(() => texts(edge).length === EVENTS_KEPT, 'everything')
  assert.equal(edge.frames[0]!.event, 'event', 'nothing is missing behind the last that went')
  const elsewhere = await read(t, socket, 'events', '999999')
  await until(() => elsewhere.frames.length > 0, 'a gap')
  assert.deepEqual(elsewhere.frames, [{ event: 'gap', data: '{"topic":"events","lost":null}' }])
})

void test('a reader that takes nothing costs no more than its bound, is told that it lagged, and can go on', async (t) => {
  const bounds = { queueBytesMax: 256 * 1024, lingerMs: 60_000 }
  const { socket, add, live } = await serve(t, bounds)
  const slow = await read(t, socket, 'events')
  const [reader] = live().readers()
  slow.response.pause()
  const text = 'x'.repeat(1_000)
  let [most, added] = [0, 0]
  while (!reader!.over.aborted && added < 5_000) {
    add(text)
    added += 1
    await new Promise((resolve) => setImmediate(resolve))
    most = Math.max(most, reader!.waiting)
  }
  assert.ok(reader!.over.aborted, 'it was given up')
  assert.ok(most <= bounds.queueBytesMax + 2_000, `${most} bytes waited`)
  for (let index = 0; index < 500; index++) add(text)
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(reader!.waiting <= bounds.queueBytesMax + 2_000, 'nothing more is queued for it')
  slow.response.resume()
  await until(() => slow.frames.at(-1)?.event === 'lagged', 'the last frame')
  assert.match(slow.frames.at(-1)!.data, /bytes wait for it/)
  const before = texts(slow).length
  assert.ok(before > 0 && before <= added)
  const again = await read(t, socket, 'events', slow.reader.lastId!)
  await until(() => texts(again).length === added + 500 - before, 'the rest')
  await until(() => live().readers().length === 1, 'the lagging one to be forgotten')
})

void test('a reader that takes nothing for long is given up even when little waits for it', async (t) => {
  const served = await serve(t, { stalledMs: 30_000, lingerMs: 60_000 })
  served.value = { n: 0, text: 'y'.repeat(300_000) }
  const slow = await read(t, served.socket, 'status')
  await until(() => slow.frames.length === 1, 'the first value')
  slow.response.pause()
  const [reader] = served.live().readers()
  // The kernel takes some; values that pile up behind it are replaced by newer ones.
  for (let n = 1; n <= 50; n++) {
    served.value = { n, text: 'y'.repeat(300_000) }
    served.live().look()
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(reader!.waiting < 1_500_000, `${reader!.waiting} bytes wait`)
  for (let beat = 0; beat < 4 && !reader!.over.aborted; beat++) {
    served.nowMs += 15_000
    served.live().look()
  }
  assert.ok(reader!.over.aborted)
  slow.response.resume()
  await until(() => slow.frames.at(-1)?.event === 'lagged', 'the last frame')
})

void test('of a value the newest is told, once for each change, and at once to whoever comes', async (t) => {
  const served = await serve(t)
  const raw = await read(t, served.socket, 'status,deploys')
  await until(() => raw.frames.length === 2, 'both values')
  served.live().look()
  served.value = { n: 1 }
  served.nowMs += 1_000
  served.add('something happens, and the values are looked at')
  await until(() => raw.frames.length === 3, 'the change')
  const late = await read(t, served.socket, 'status')
  await until(() => late.frames.length === 1, 'the value')
  assert.deepEqual(late.frames, [{ event: 'status', data: '{"n":1}' }])
  assert.deepEqual(raw.frames.map(({ event, data }) => `${event} ${event === 'status' ? data : ''}`).toSorted(), [
    'deploys ',
    'status {"n":0}',
    'status {"n":1}',
  ])
})

void test('the fifty-first reader is refused with what to do, and taken when there is room', async (t) => {
  const { socket, live } = await serve(t)
  const open = await Promise.all(Array.from({ length: READERS_MAX }, () => read(t, socket, 'events')))
  const refused = await get(socket, '/v1/live?topics=events')
  assert.equal(refused.statusCode, 409)
  assert.deepEqual(JSON.parse((await refused.setEncoding('utf8').toArray()).join('')), {
    code: 'live.full',
    message: '50 readers follow already',
    hint: 'End some that follow (`status --watch`, `logs -f`, consoles), and try again.',
    details: [],
  })
  await assert.rejects(
    async () => {
      for await (const _ of followLive(socket, { topics: ['events'] })) assert.fail('not served')
    },
    (error: unknown) => error instanceof Problem && error.code === 'live.full',
  )
  open[0]!.response.destroy()
  await until(() => live().readers().length < READERS_MAX, 'room')
  await read(t, socket, 'events')
})

void test('what cannot be understood is refused', async (t) => {
  const { socket } = await serve(t)
  const refusal = async (query: string, lastId?: string): Promise<string> => {
    const response = await get(socket, `/v1/live${query}`, lastId)
    const text = (await response.setEncoding('utf8').toArray()).join('')
    return `${response.statusCode} ${(JSON.parse(text) as { message: string }).message}`
  }
  assert.deepEqual(
    [
      await refusal(''),
      await refusal('?topics=status,mood'),
      await refusal('?topics=logs&level=loud'),
      await refusal('?topics=logs&mood=good'),
      await refusal('?topics=events', 'yesterday'),
    ],
    [
      '400 topics: nothing is asked for',
      "400 topics: 'mood' is none of status, alerts, deploys, events, logs",
      "400 level: 'loud' is none of trace, debug, info, warn, error, fatal",
      "400 'mood' is none of topics, service, instance, level, correlationId, traceId, text",
      "400 Last-Event-ID: 'yesterday' is none that a stream has had",
    ],
  )
})

void test('a stop ends every stream at once, and the client says so', async (t) => {
  const { socket, live } = await serve(t)
  const news: string[] = []
  const following = (async () => {
    for await (const { event } of followLive(socket, { topics: ['events'] })) news.push(event)
  })()
  const raw = await read(t, socket, 'events')
  await until(() => news.length > 0, 'the connection')
  live().stop()
  await following
  await until(() => raw.response.complete, 'the end of the stream')
  assert.deepEqual([news, raw.frames], [['connected', 'stopped'], [{ event: 'stopped', data: '{}' }]])
})

void test('a stream on which nothing happens says that it is there; a client that hears nothing asks anew', async (t) => {
  const served = await serve(t)
  const raw = await read(t, served.socket, 'events')
  let bytes = ''
  raw.response.on('data', (text: string) => (bytes += text))
  served.nowMs += 15_000
  served.live().look()
  await until(() => bytes.includes('\n\n'), 'a heartbeat')
  assert.equal(bytes, ':\nid: 0\n\n')
  const news: string[] = []
  const stop = new AbortController()
  const options = { topics: ['events'] as const, silentMs: 50, signal: stop.signal }
  for await (const { event } of followLive(served.socket, options)) {
    news.push(event)
    if (news.length === 3) stop.abort()
  }
  assert.deepEqual(news, ['connected', 'away', 'connected'])
})
