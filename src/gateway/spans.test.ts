import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monotonicNs } from '../core/clock.ts'
import type { Trace } from '../observe/traces/span.ts'
import type { Exchange } from './exchange.ts'
import { FAILED_PER_MINUTE, OUTBOX_MAX, ROUTES_MAX, SAMPLED_MAX, SLOW_PER_MINUTE, Spans } from './spans.ts'

const MS = 1e6
const BEGAN = monotonicNs()

function exchangeOf(more: object = {}): Exchange {
  const startedNs = BEGAN
  return {
    head: { method: 'GET', path: '/users/4711?token=x' },
    client: { secure: false },
    startedNs,
    correlationId: 'c-1',
    trace: {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      sampled: true,
      parentSpanId: null,
    },
    place: { service: 'api', prefix: '/users', backend: { kind: 'upstreams' }, options: null },
    instance: 'api@1-aaaaaaaa-1',
    release: '1-aaaaaaaa',
    heldNs: 0,
    paused: false,
    retried: 0,
    eventStream: false,
    sentNs: startedNs + MS,
    resentNs: 0,
    answeredNs: startedNs + 9 * MS,
    ...more,
  } as unknown as Exchange
}

const shape = ({ spans }: Trace): readonly string[] =>
  spans.map(({ name, kind, startMs, durationMs, status }) => {
    const from = startMs - spans[0]!.startMs
    return `${name} ${kind} ${from.toFixed(0)}+${durationMs.toFixed(0)} ${status}`
  })

void test('a failed request is kept at once, with a second attempt as a span of its own, its path nowhere', () => {
  const spans = new Spans(() => BEGAN)
  const exchange = exchangeOf({ heldNs: 2 * MS, sentNs: BEGAN + 3 * MS, resentNs: BEGAN + 5 * MS, retried: 1 })
  spans.ended(exchange, 502, false, BEGAN + 10 * MS)
  const [trace, ...others] = spans.take()
  assert.equal(others.length, 0)
  assert.deepEqual(shape(trace!), [
    'GET /users server 0+10 error',
    'guard and route internal 0+1 unset',
    'pause internal 1+2 unset',
    'attempt 1 client 3+2 error',
    'attempt 2 client 5+4 error',
    'send the answer internal 9+1 unset',
  ])
  assert.equal(trace!.because, 'failed')
  assert.ok(trace!.spans.slice(1).every(({ parentSpanId }) => parentSpanId === '00f067aa0ba902b7'))
  assert.ok(Math.abs(trace!.spans[0]!.startMs - (Date.now() - (monotonicNs() - BEGAN) / 1e6)) < 1_000)
  assert.doesNotMatch(JSON.stringify(trace), /4711|token/)
  assert.deepEqual(spans.take(), [])
})

void test('of each route the slowest of a minute are kept, when it is over', () => {
  let now = BEGAN
  const spans = new Spans(() => now)
  for (const ms of [5, 90, 7, 80, 3, 70, 60, 1]) spans.ended(exchangeOf(), 200, false, BEGAN + ms * MS)
  const untouched = exchangeOf()
  Object.defineProperty(untouched, 'correlationId', { get: () => assert.fail('a trace was made of what is not kept') })
  spans.ended(untouched, 200, false, BEGAN + 50 * MS)
  spans.ended(exchangeOf({ head: { method: 'POST' } }), 404, false, BEGAN + 2 * MS)
  assert.deepEqual(spans.take(), [])
  now += 60e9
  const kept = spans.take().map(({ route, spans: [first] }) => `${route} ${first!.durationMs}`)
  assert.deepEqual(kept, ['GET /users 70', 'GET /users 80', 'GET /users 90', 'POST /users 2'])
  assert.equal(SLOW_PER_MINUTE, 3)
  now += 60e9
  assert.deepEqual(spans.take(), [])
})

void test('streams, WebSockets and what a pause answered are not slow for that', () => {
  const spans = new Spans(() => BEGAN)
  spans.ended(exchangeOf(), 101, false, BEGAN + 5e9)
  spans.ended(exchangeOf({ paused: true }), 503, false, BEGAN + 5e9)
  spans.ended(exchangeOf({ eventStream: true }), 200, false, BEGAN + 5e9)
  const kept = spans.takeAll()
  assert.deepEqual(
    kept.map((trace) => trace.spans[0]!.durationMs),
    [9],
  )
})

void test('failures, routes, methods and what waits are bounded', () => {
  let now = BEGAN
  const spans = new Spans(() => now)
  for (let index = 0; index < 100; index++) spans.ended(exchangeOf(), 500, false, BEGAN)
  assert.equal(spans.take().length, FAILED_PER_MINUTE)
  for (let index = 0; index < ROUTES_MAX + 100; index++) {
    const place = { service: 'api', prefix: `/${index}`, backend: { kind: 'upstreams' }, options: null }
    spans.ended(exchangeOf({ place }), 500, true, BEGAN)
    spans.ended(exchangeOf({ place, head: { method: `X${index}` } }), 500, true, BEGAN)
  }
  const names = new Set(spans.take().map(({ route }) => route))
  assert.ok(names.has('(other routes)'))
  assert.ok(names.size <= ROUTES_MAX + 1)
  for (let minute = 0; minute < 20; minute++) {
    now += 60e9
    for (let index = 0; index < ROUTES_MAX; index++) {
      const place = { service: 'api', prefix: `/${index}`, backend: { kind: 'upstreams' }, options: null }
      spans.ended(exchangeOf({ place }), 500, true, now)
    }
  }
  assert.equal(spans.take().length, OUTBOX_MAX)
})

void test('where spans are sent on, those of every sampled request are gathered, within a bound', () => {
  const spans = new Spans(() => BEGAN)
  const end = (more: object, status = 200): void => spans.ended(exchangeOf(more), status, false, BEGAN + 10 * MS)
  end({})
  assert.deepEqual(spans.takeSampled(), { requests: [], left: 0 }, 'nobody has asked')
  spans.gatherSampled(true)
  const { trace } = exchangeOf()
  end({ trace: { ...trace, parentSpanId: 'b7ad6b7169203331' } })
  end({ trace: { ...trace, sampled: false } })
  end({ place: null, instance: null, release: null, sentNs: 0, head: { method: 'BREW' } }, 403)
  end({}, 101)
  end({}, 500)
  const { requests, left } = spans.takeSampled()
  assert.equal(left, 0)
  assert.deepEqual(
    requests.map(({ release, spans: [server, ...rest] }) => [release, server!.name, server!.parentSpanId, rest.length]),
    [
      ['1-aaaaaaaa', 'GET /users', 'b7ad6b7169203331', 3],
      ['none', 'HTTP', null, 1],
      ['1-aaaaaaaa', 'GET /users', null, 3],
    ],
  )
  assert.deepEqual(requests[1]!.spans[0]!.attributes, {
    'http.request.method': '_OTHER',
    'http.response.status_code': 403,
    'url.scheme': 'http',
  })
  assert.deepEqual(spans.take()[0]!.spans, requests[2]!.spans, 'what is kept besides is the same')
  for (let index = 0; index < SAMPLED_MAX + 7; index++) end({})
  const many = spans.takeSampled()
  assert.deepEqual([many.requests.length, many.left], [SAMPLED_MAX, 7])
  assert.deepEqual(spans.takeSampled(), { requests: [], left: 0 })
  spans.gatherSampled(false)
  end({})
  assert.deepEqual(spans.takeSampled(), { requests: [], left: 0 })
})
