import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { until } from '../../../test/support/project.ts'
import type { StoredLine } from '../logs/line.ts'
import type { Trace } from '../traces/span.ts'
import { shipToLoki } from './loki.ts'
import { shipToOtlp } from './otlp.ts'
import { BATCH_MAX } from './shipper.ts'

interface Got {
  readonly url: string
  readonly body: string
}

/** A real sink; `answer` decides what each request gets. */
async function startSink(t: TestContext, answer: (count: number, response: ServerResponse) => void) {
  const got: Got[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      got.push({ url: request.url!, body: Buffer.concat(chunks).toString() })
      answer(got.length, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** Nobody listens there any more. */
async function closedUrl(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

const ok = (_: number, response: ServerResponse): void => void response.writeHead(204).end()
const origin = { app: 'shop', environment: 'production' }
const quick = { backoffMs: { min: 5, max: 20 } }

const line = (text: string, more: Partial<StoredLine> = {}): StoredLine => ({
  id: '1-1-1',
  atMs: 1_767_323_045_678,
  service: 'api',
  instance: 'api@7-3fa9c1d2-1',
  release: '7-3fa9c1d2',
  level: 'info',
  correlationId: 'c-1',
  traceId: null,
  text,
  ...more,
})

const trace: Trace = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  correlationId: 'c-1',
  service: 'api',
  instance: null,
  release: '7-3fa9c1d2',
  route: 'GET /api',
  because: 'failed',
  sampled: true,
  spans: [
    {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      parentSpanId: null,
      name: 'GET /api',
      kind: 'server',
      startMs: 1_767_323_045_678.3,
      durationMs: 1.5,
      status: 'error',
      attributes: { 'http.response.status_code': 502, 'http.route': '/api', share: 0.5, again: true },
    },
  ],
}

void test('Loki gets streams of four labels, ids beside the lines', async (t) => {
  const sink = await startSink(t, ok)
  const shipper = shipToLoki(sink.url, origin, { onTrouble: () => {} })
  t.after(() => shipper.close())
  shipper.add([line('one'), line('two', { level: 'error' }), line('three')])
  await until(() => sink.got.length === 1, 'a push')
  assert.equal(sink.got[0]!.url, '/loki/api/v1/push')
  const ids = { instance: 'api@7-3fa9c1d2-1', release: '7-3fa9c1d2', correlation_id: 'c-1' }
  const labels = { app: 'shop', environment: 'production', service: 'api' }
  const at = '1767323045678000000'
  assert.deepEqual(JSON.parse(sink.got[0]!.body), {
    streams: [
      {
        stream: { ...labels, level: 'info' },
        values: [
          [at, 'one', ids],
          [at, 'three', ids],
        ],
      },
      { stream: { ...labels, level: 'error' }, values: [[at, 'two', ids]] },
    ],
  })
})

void test('a collector gets spans in the names and forms of OTLP', async (t) => {
  const sink = await startSink(t, ok)
  const shipper = shipToOtlp(`${sink.url}/`, origin, { onTrouble: () => {} })
  t.after(() => shipper.close())
  shipper.add([trace])
  await until(() => sink.got.length === 1, 'an export')
  assert.equal(sink.got[0]!.url, '/v1/traces')
  const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } })
  assert.deepEqual(JSON.parse(sink.got[0]!.body), {
    resourceSpans: [
      {
        resource: {
          attributes: [
            text('service.name', 'gateway'),
            text('service.namespace', 'shop'),
            text('service.version', '7-3fa9c1d2'),
            text('deployment.environment.name', 'production'),
          ],
        },
        scopeSpans: [
          {
            scope: { name: 'seaworthy.gateway' },
            spans: [
              {
                traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
                spanId: '00f067aa0ba902b7',
                name: 'GET /api',
                kind: 2,
                startTimeUnixNano: '1767323045678300000',
                endTimeUnixNano: '1767323045679800000',
                attributes: [
                  { key: 'http.response.status_code', value: { intValue: '502' } },
                  text('http.route', '/api'),
                  { key: 'share', value: { doubleValue: 0.5 } },
                  { key: 'again', value: { boolValue: true } },
                ],
                status: { code: 2 },
              },
            ],
          },
        ],
      },
    ],
  })
})

void test('what is refused for now is sent again, in order and once; what is refused for good is left out and counted', async (t) => {
  const sink = await startSink(t, (count, response) => {
    if (count <= 2) return void response.writeHead(count === 1 ? 429 : 503, { 'retry-after': '0' }).end()
    if (count === 4) return void response.writeHead(400).end()
    response.writeHead(204).end()
  })
  const troubles: string[] = []
  const shipper = shipToLoki(sink.url, origin, { ...quick, onTrouble: (what) => troubles.push(what) })
  t.after(() => shipper.close())
  shipper.add(Array.from({ length: 2 * BATCH_MAX + 1 }, (_, index) => line(`n${index}`)))
  await until(() => sink.got.length === 5, 'five pushes')
  const texts = sink.got.map(({ body }) => [...body.matchAll(/"(n\d+)"/g)].map((match) => match[1]))
  assert.deepEqual(texts[0], texts[2])
  assert.deepEqual(
    texts.slice(2).map((of) => [of[0], of.length]),
    [
      ['n0', BATCH_MAX],
      [`n${BATCH_MAX}`, BATCH_MAX],
      [`n${2 * BATCH_MAX}`, 1],
    ],
  )
  assert.equal(shipper.dropped, BATCH_MAX)
  assert.deepEqual(troubles.slice(0, 1), ['it answered 429'])
})

void test('who does not answer, or is gone, fills a bounded queue and nothing else', async (t) => {
  const slow = await startSink(t, () => {})
  const shipper = shipToLoki(slow.url, origin, { ...quick, queueMax: 10, onTrouble: () => {} })
  t.after(() => shipper.close())
  for (let index = 0; index < 25; index++) shipper.add([line(`n${index}`)])
  assert.equal(shipper.dropped, 15)
  await until(() => slow.got.length === 1, 'the first push')

  const troubles: string[] = []
  const gone = shipToOtlp(await closedUrl(), origin, {
    ...quick,
    queueMax: 2,
    onTrouble: (what) => troubles.push(what),
  })
  t.after(() => gone.close())
  gone.add([trace, trace, trace])
  await until(() => troubles.length > 0, 'trouble')
  assert.deepEqual([gone.dropped, troubles], [1, ['ECONNREFUSED']])
})

void test('long lines are sent in pushes that a receiver takes, and wait in a bounded memory', async (t) => {
  const long = (index: number): StoredLine => line(`n${index} ${'x'.repeat(64_000)}`)
  const sink = await startSink(t, ok)
  const shipper = shipToLoki(sink.url, origin, { onTrouble: () => {} })
  t.after(() => shipper.close())
  shipper.add(Array.from({ length: 100 }, (_, index) => long(index)))
  const sent = (): readonly string[] => sink.got.flatMap(({ body }) => body.match(/n\d+ x/g) ?? [])
  await until(() => sent().length === 100, 'all of them')
  assert.deepEqual(
    sent(),
    Array.from({ length: 100 }, (_, index) => `n${index} x`),
  )
  for (const { body } of sink.got) assert.ok(body.length < 2 * 1024 * 1024, `a push of ${body.length} bytes`)

  const hanging = await startSink(t, () => {})
  const stuck = shipToLoki(hanging.url, origin, { onTrouble: () => {} })
  t.after(() => stuck.close())
  stuck.add(Array.from({ length: 1_500 }, (_, index) => long(index)))
  assert.ok(stuck.dropped > 400, `${stuck.dropped} of 1500 were left out`)
})
