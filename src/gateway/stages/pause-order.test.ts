import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import type { Context } from '../context.ts'
import { createCounterBook } from '../counters.ts'
import { newExchange } from '../exchange.ts'
import type { Exchange } from '../exchange.ts'
import { serve } from '../pipeline.ts'
import { createRoutingState } from '../routing.ts'
import type { Pause, RoutingTable } from '../table.ts'
import { tableOf, until } from '../testing.ts'
import { createWaitingRoom, RELEASED_AT_ONCE } from '../waiting-room.ts'
import { createWorkerGuard } from '../worker-guard.ts'
import { createWatchedBook } from '../watched.ts'

/** The pipeline over links that only write down what they are given: over several connections no order can be seen. */
function startPipeline(table: RoutingTable) {
  const sent: string[] = []
  const waitingRoom = createWaitingRoom()
  const routing = createRoutingState({
    link: ({ id }) => ({
      send({ head }) {
        sent.push(`${id} ${head.split(' ')[1]}`)
        return { sent: true, destroyed: false, onDrain: null, write: () => true, end: () => {}, destroy: () => {} }
      },
      close: () => {},
    }),
    probe: () => Promise.resolve(true),
    onApplied: (applied) => waitingRoom.apply(applied.table.pause),
  })
  routing.apply(table)
  const onBug = (error: unknown): never => assert.fail(String(error))
  const context: Context = {
    routing,
    waitingRoom,
    guard: createWorkerGuard(),
    counters: createCounterBook(),
    watched: createWatchedBook(),
    accessLog: () => {},
    onBug,
  }
  return { sent, routing, waitingRoom, ask: (path: string) => serve(exchangeFor(path), context) }
}

function exchangeFor(path: string): Exchange {
  const stream = new PassThrough()
  return newExchange({
    head: { method: 'GET', target: path, path, host: 'a', authority: 'a', headers: [], websocket: false, fault: null },
    body: { present: false, length: 0, stream, ready: null, complete: () => true, accept: () => {} },
    client: {
      peer: { address: '127.0.0.1', port: 1 },
      local: { port: 1 },
      secure: false,
      send: () => {},
      finishEarly: () => {},
      cut: () => {},
      onGone: () => {},
    },
    startedNs: 0,
  })
}

const upstream = (release: string) => ({ id: `api@${release}`, host: '127.0.0.1', port: 1, release })
const hold: Pause = { kind: 'hold', services: null, queue: 1_000, bytesMax: 0, waitMs: 60_000, page: null }

void test('held requests are claimed in the order in which they came, before those that come meanwhile', async (t) => {
  const pipeline = startPipeline(tableOf([upstream('1')], { pause: hold }))
  t.after(() => pipeline.routing.close())
  const count = RELEASED_AT_ONCE * 3
  for (let index = 0; index < count; index++) pipeline.ask(`/${index}`)
  await until(() => pipeline.waitingRoom.counts().held === count)

  pipeline.routing.apply(tableOf([upstream('1')]))
  pipeline.ask('/late')
  await until(() => pipeline.sent.length === count + 1)
  assert.deepEqual(pipeline.sent, [...Array.from({ length: count }, (_, index) => `api@1 /${index}`), 'api@1 /late'])
})

void test('a switch in the middle: those whose turn comes later are claimed by the new table, all in order', async (t) => {
  const pipeline = startPipeline(tableOf([upstream('1')], { pause: hold }))
  t.after(() => pipeline.routing.close())
  const count = RELEASED_AT_ONCE + 10
  for (let index = 0; index < count; index++) pipeline.ask(`/${index}`)
  await until(() => pipeline.waitingRoom.counts().held === count)

  pipeline.routing.apply(tableOf([upstream('1')]))
  // After all that follows from it in this turn, before the next one.
  await new Promise((resolve) => process.nextTick(resolve))
  pipeline.routing.apply(tableOf([upstream('2')]))
  await until(() => pipeline.sent.length === count)
  const releaseOf = (index: number): string => (index < RELEASED_AT_ONCE ? '1' : '2')
  assert.deepEqual(
    pipeline.sent,
    Array.from({ length: count }, (_, index) => `api@${releaseOf(index)} /${index}`),
  )
})
