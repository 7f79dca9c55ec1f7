import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SecurityEvent } from '../../guard/event.ts'
import type { Block } from '../../guard/reputation/block.ts'
import { createWorkerGuard } from '../worker-guard.ts'
import { createGuardLink, EVENTS_EVERY_MS } from './guard-link.ts'
import type { GuardFromWorker } from './guard-protocol.ts'
import { until } from '../testing.ts'

type Sent = Extract<GuardFromWorker, { type: 'security' }>

const eventOf = (client: string, refused = true): SecurityEvent => ({
  kind: 'threat',
  atMs: 0,
  client,
  correlationId: '',
  method: 'GET',
  path: '/',
  refused,
  class: 'sqli',
  score: 100,
  evidence: [],
  principal: null,
  reason: '',
})
const blockOf = (address: string): Block => ({
  address,
  reason: '',
  source: 'manual',
  untilMs: null,
  atMs: 0,
  by: 'anna@host',
  times: 0,
})

function make() {
  const guard = createWorkerGuard()
  const sent: GuardFromWorker[] = []
  let cuts = 0
  const link = createGuardLink({ guard, onBlocks: () => (cuts += 1), onFeed: () => {} })
  const batches = (): Sent[] => sent.filter((message): message is Sent => message.type === 'security')
  const clients = (): string[][] => batches().map(({ events }) => events.map(({ client }) => client))
  const connect = (): void => link.connected((message) => void sent.push(message))
  return { guard, link, sent, batches, clients, connect, cuts: () => cuts }
}

test('refusals of one turn go in one message at once, what is no refusal goes with the next', async () => {
  const { guard, connect, clients } = make()
  connect()
  guard.report(eventOf('192.0.2.1'))
  guard.report(eventOf('192.0.2.2'))
  guard.report(eventOf('192.0.2.3', false))
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(clients(), [['192.0.2.1', '192.0.2.2', '192.0.2.3']])
})

test('what is no refusal is sent soon all by itself', async () => {
  const { guard, connect, clients } = make()
  connect()
  guard.report(eventOf('192.0.2.3', false))
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(clients(), [])
  // The link's own timer keeps no process alive.
  await until(() => clients().length === 1, 10 * EVENTS_EVERY_MS)
})

test('nothing more is sent before control has kept the last, and that is sent again after a reconnection', async () => {
  const { guard, link, connect, clients, batches } = make()
  guard.report(eventOf('192.0.2.1'))
  await new Promise((resolve) => setImmediate(resolve))
  connect()
  guard.report(eventOf('192.0.2.2'))
  await new Promise((resolve) => setImmediate(resolve))
  link.disconnected()
  guard.report(eventOf('192.0.2.3'))
  connect()
  assert.deepEqual(clients(), [['192.0.2.1'], ['192.0.2.1']])
  assert.equal(batches()[0]!.batch, batches()[1]!.batch)
  link.onMessage({ type: 'security-kept', batch: 99 })
  assert.equal(clients().length, 2)
  link.onMessage({ type: 'security-kept', batch: batches()[1]!.batch })
  assert.deepEqual(clients().slice(2), [['192.0.2.2', '192.0.2.3']])
})

test('blocks are put in place, confirmed by their version, and open connections are looked at', () => {
  const { guard, link, connect, sent, cuts } = make()
  connect()
  link.onMessage({ type: 'blocks', version: 4, blocks: [blockOf('192.0.2.1'), blockOf('192.0.2.2')] })
  link.onMessage({
    type: 'blocks-changed',
    version: 5,
    changes: [{ remove: '192.0.2.1' }, { add: blockOf('198.51.100.0/24') }],
  })
  const refused = ['192.0.2.1', '192.0.2.2', '198.51.100.9'].map((one) => guard.reputation.refusalOf(one) !== null)
  assert.deepEqual(refused, [false, true, true])
  assert.deepEqual(sent, [
    { type: 'blocks-applied', version: 4 },
    { type: 'blocks-applied', version: 5 },
  ])
  assert.equal(cuts(), 2)
})

test('a worker that leaves sends what it still counts', () => {
  const { guard, link, connect, batches } = make()
  connect()
  for (let count = 0; count < 20; count++) guard.report(eventOf('192.0.2.1', false))
  link.close()
  const counted = batches().flatMap(({ events }) => events.map(({ count = 1 }) => count))
  assert.equal(
    counted.reduce((sum, count) => sum + count, 0),
    20,
  )
})
