import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Channel } from '../api/hooks-methods.ts'
import { State } from '../state.ts'
import { makeOutbox, MESSAGES_MAX, MESSAGE_MS_MAX } from './outbox.ts'
import { Postman } from './postman.ts'

const SECRET_PATH = '/sw-1c22-secret'

async function make(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-postman-'))
  const state = new State(join(folder, 'state.db'))
  const bodies: unknown[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      bodies.push(JSON.parse(text))
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.after(() => {
    server.closeAllConnections()
    server.close()
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  let now = 1_000_000
  const events: string[] = []
  const outbox = makeOutbox(state)
  const channels = { find: (_name: string): Channel | null => ({ kind: 'webhook', url: `${origin}${SECRET_PATH}` }) }
  const clock = { now: () => now, sleep: async () => {} }
  const disk = { isFull: false }
  const onEvent = (kind: string, text: string): void => {
    if (disk.isFull) throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
    events.push(`${kind}: ${text}`)
  }
  const postman = new Postman({ outbox, channels, clock, onEvent, timeoutMs: 200 })
  const add = (n: number): void => outbox.add({ channel: 'ops', about: `m${n}`, body: { n } }, now)
  const waiting = (): number => outbox.due(Number.MAX_SAFE_INTEGER, MESSAGES_MAX * 2).length
  const later = (ms: number): void => void (now += ms)
  /** A day alone is not enough: it has been tried a few times as well. */
  const untilGivenUp = async (): Promise<void> => {
    for (let tries = 0; tries < 6 && waiting() > 0; tries++) {
      await postman.deliver()
      later(5 * 60_000)
    }
  }
  return { postman, outbox, channels, server, disk, bodies, events, add, waiting, later, untilGivenUp }
}

const end = (status: number) => (_: unknown, response: ServerResponse) => void response.writeHead(status).end('x')

test('messages arrive in their order and are gone then', async (t) => {
  const { postman, add, bodies, events, waiting } = await make(t, end(204))
  add(1)
  add(2)
  await postman.deliver()
  assert.deepEqual(bodies, [{ n: 1 }, { n: 2 }])
  assert.deepEqual([events, waiting()], [['notified: ops was told: m1', 'notified: ops was told: m2'], 0])
})

test('what has been told is gone together with the word of it; without room for it, it is not told again', async (t) => {
  const { postman, add, disk, bodies, events, waiting } = await make(t, end(204))
  add(1)
  disk.isFull = true
  await postman.deliver()
  await postman.deliver()
  assert.deepEqual([bodies.length, events, waiting()], [1, [], 1])
  disk.isFull = false
  await postman.deliver()
  assert.deepEqual([bodies.length, events, waiting()], [1, ['notified: ops was told: m1'], 0])
})

test('a receiver that fails twice is tried again, each time later, and said once', async (t) => {
  let left = 2
  const { postman, add, bodies, events, waiting, later } = await make(t, (request, response) =>
    end(left-- > 0 ? 503 : 200)(request, response),
  )
  add(1)
  await postman.deliver()
  await postman.deliver()
  assert.equal(bodies.length, 1, 'not before its time')
  later(1_000)
  await postman.deliver()
  later(1_999)
  await postman.deliver()
  assert.equal(bodies.length, 2, 'the second pause is twice as long')
  later(1)
  await postman.deliver()
  assert.deepEqual([bodies.length, waiting()], [3, 0])
  assert.deepEqual(events, [
    'notify-failed: ops (m1): it answered 503; it is tried again',
    'notified: ops was told: m1',
  ])
})

test('an end never overtakes its beginning, and what is about something else does not wait for either', async (t) => {
  let left = 1
  const { postman, outbox, bodies, waiting, later } = await make(t, (request, response) =>
    end(left-- > 0 ? 503 : 200)(request, response),
  )
  const notification = { app: 'shop', environment: 'local', severity: 'P0', title: '', alerts: [], runbook: null }
  const tell = (incident: string, kind: string): void => {
    const letter = {
      kind: 'alert',
      notification: { ...notification, incident, kind, id: `${incident}/${kind}`, atMs: 0 },
    }
    outbox.add({ channel: 'ops', about: kind, body: { letter } }, 1_000_000)
  }
  tell('i1', 'fired')
  await postman.deliver()
  tell('i1', 'resolved')
  tell('i2', 'fired')
  const ids = (): readonly unknown[] => bodies.map((body) => (body as { id: string }).id)
  await postman.deliver()
  assert.deepEqual(ids(), ['i1/fired', 'i2/fired'])
  later(1_000)
  await postman.deliver()
  assert.deepEqual([ids().slice(2), waiting()], [['i1/fired', 'i1/resolved'], 0])
})

test('a channel with much that it does not take keeps nothing from the others', async (t) => {
  const { postman, outbox, channels, add, bodies } = await make(t, (request, response) =>
    end(request.url === '/stuck' ? 503 : 200)(request, response),
  )
  const find = channels.find
  channels.find = (name) => {
    const channel = find(name)
    return name === 'stuck' && channel?.kind === 'webhook'
      ? { ...channel, url: channel.url.replace(SECRET_PATH, '/stuck') }
      : channel
  }
  for (let n = 0; n < 50; n++) outbox.add({ channel: 'stuck', about: 's', body: { stuck: n } }, 1_000_000)
  add(1)
  await postman.deliver()
  assert.deepEqual(bodies.map((body) => JSON.stringify(body)).toSorted(), ['{"n":1}', '{"stuck":0}'])
})

test('a channel that is slow to answer holds up no other, and is not told twice', async (t) => {
  const slow = Promise.withResolvers<() => void>()
  const { postman, outbox, channels, add, bodies, waiting } = await make(t, (request, response) =>
    request.url === '/slow' ? slow.resolve(() => end(204)(request, response)) : end(204)(request, response),
  )
  const find = channels.find
  channels.find = (name) => {
    const channel = find(name)
    return name === 'slow' && channel?.kind === 'webhook'
      ? { ...channel, url: channel.url.replace(SECRET_PATH, '/slow') }
      : channel
  }
  outbox.add({ channel: 'slow', about: 's', body: { slow: true } }, 1_000_000)
  const first = postman.deliver()
  const answer = await slow.promise
  add(1)
  await postman.deliver()
  assert.deepEqual(bodies, [{ slow: true }, { n: 1 }])
  answer()
  await first
  assert.deepEqual([bodies.length, waiting()], [2, 0])
})

test('what hinders one channel neither hinders nor doubles what is told to another', async (t) => {
  const { postman, outbox, channels, add, bodies, waiting } = await make(t, end(204))
  const find = channels.find
  channels.find = (name) => {
    if (name === 'broken') throw new Error('the file of channels cannot be read')
    return find(name)
  }
  outbox.add({ channel: 'broken', about: 'b', body: {} }, 1_000_000)
  add(1)
  add(2)
  await assert.rejects(postman.deliver(), /cannot be read/)
  assert.deepEqual([bodies, waiting()], [[{ n: 1 }, { n: 2 }], 1])
})

test('without room to write down the next try it comes as late all the same', async (t) => {
  let status = 503
  const { postman, outbox, add, bodies, waiting, later } = await make(t, (request, response) =>
    end(status)(request, response),
  )
  const postpone = outbox.postpone.bind(outbox)
  outbox.postpone = () => {
    throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
  }
  add(1)
  const tries = async (): Promise<number> => {
    await postman.deliver()
    return bodies.length
  }
  assert.deepEqual([await tries(), await tries()], [1, 1])
  later(1_000)
  assert.deepEqual([await tries(), await tries()], [2, 2])
  later(1_999)
  assert.equal(await tries(), 2, 'the second pause is twice as long')
  outbox.postpone = postpone
  later(1)
  assert.equal(await tries(), 3)
  later(3_999)
  assert.equal(await tries(), 3, 'what failed meanwhile counts')
  status = 200
  later(1)
  assert.deepEqual([await tries(), waiting()], [4, 0])
})

test('a receiver that hangs is left after the timeout, one that is gone as well; no event holds its URL', async (t) => {
  const { postman, add, server, events, waiting, later, untilGivenUp } = await make(t, () => {})
  add(1)
  await postman.deliver()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  later(5_000)
  await postman.deliver()
  assert.equal(waiting(), 1)
  assert.deepEqual(events, ['notify-failed: ops (m1): no answer within 0.2 s; it is tried again'])
  later(MESSAGE_MS_MAX + 1)
  await untilGivenUp()
  assert.equal(waiting(), 0)
  assert.equal(events.at(-1), 'notify-given-up: ops was not told (m1): ECONNREFUSED')
  assert.doesNotMatch(events.join(), /secret/)
})

test('what trying again cannot mend is given up at once', async (t) => {
  const { postman, add, channels, bodies, events, waiting } = await make(t, end(404))
  add(1)
  await postman.deliver()
  channels.find = () => null
  add(2)
  await postman.deliver()
  channels.find = () => ({ kind: 'slack', url: 'not a url' })
  add(3)
  await postman.deliver()
  assert.deepEqual([bodies.length, waiting()], [1, 0])
  assert.deepEqual(events, [
    'notify-given-up: ops was not told (m1): it answered 404',
    'notify-given-up: ops was not told (m2): no such channel is declared any more',
    'notify-given-up: ops was not told (m3): what the secret holds is no URL',
  ])
})

test('a letter that cannot be written is told, tried again, and keeps no other from its channel', async (t) => {
  const { postman, outbox, events, waiting, bodies, add, later, untilGivenUp } = await make(t, end(204))
  // As an older version, or somebody's hand, may have left it: an alert without its time.
  const notification = { id: 'x', kind: 'fired', incident: 'i1', app: 'shop', environment: 'local', alerts: [] }
  outbox.add({ channel: 'ops', about: 'odd', body: { letter: { kind: 'alert', notification } } }, 1_000_000)
  add(1)
  await postman.deliver()
  await postman.deliver()
  assert.deepEqual([bodies, waiting()], [[{ n: 1 }], 1])
  assert.deepEqual(events, [
    'notify-failed: ops (odd): it could not be written for this channel (RangeError); it is tried again',
    'notified: ops was told: m1',
  ])
  later(MESSAGE_MS_MAX + 1)
  await untilGivenUp()
  assert.equal(waiting(), 0)
})

test('a message does not wait until a clock that was set back is as late again', async (t) => {
  let status = 503
  const { postman, add, bodies, waiting, later } = await make(t, (request, response) => end(status)(request, response))
  add(1)
  await postman.deliver()
  add(2)
  status = 200
  later(-3_600_000)
  await postman.deliver()
  assert.deepEqual([bodies, waiting()], [[{ n: 1 }, { n: 1 }, { n: 2 }], 0])
})

test('a clock that jumps ahead by a day gives up nothing that was tried once', async (t) => {
  let status = 503
  const { postman, add, bodies, events, waiting, later } = await make(t, (request, response) =>
    end(status)(request, response),
  )
  add(1)
  later(MESSAGE_MS_MAX + 1)
  await postman.deliver()
  assert.equal(waiting(), 1)
  status = 200
  later(1_000)
  await postman.deliver()
  assert.deepEqual([bodies.length, waiting(), events.at(-1)], [2, 0, 'notified: ops was told: m1'])
})

test('a redirect is no delivery, and is not followed', async (t) => {
  const { postman, add, bodies, events } = await make(t, (_, response) =>
    response.writeHead(302, { location: '/elsewhere' }).end(),
  )
  add(1)
  await postman.deliver()
  assert.equal(bodies.length, 1)
  assert.match(events[0]!, /given-up.*302/)
})

test('the outbox holds so many; the oldest go first', async (t) => {
  const { outbox, add, waiting } = await make(t, end(200))
  for (let n = 1; n <= MESSAGES_MAX + 5; n++) add(n)
  assert.equal(waiting(), MESSAGES_MAX)
  assert.deepEqual(outbox.due(Number.MAX_SAFE_INTEGER, 1)[0]!.body, { n: 6 })
})
