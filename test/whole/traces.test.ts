/** Traces through the gateway: W3C context in and out, every sampled span to a collector, the slow and the failed ones kept. */
import assert from 'node:assert/strict'
import { get } from 'node:http'
import { test } from 'node:test'
import { OtlpSink, type SinkSpan } from '../support/otlp-sink.ts'
import { TestProject, until } from '../support/project.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const UNSAMPLED = '5bf92f3577b34da6a3ce929d0e0e4736'
const CALLER = '00f067aa0ba902b7'
const SERVER_KIND = 2
const MANY = 60

/** Answers with the context it was given. */
const SERVER = `
import { createServer } from 'node:http'
createServer((request, response) => {
  const { traceparent, tracestate = null } = request.headers
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint = null, OTEL_SERVICE_NAME: name = null } = process.env
  if (request.url.startsWith('/api/fails')) response.statusCode = 500
  const say = () => response.end(JSON.stringify({ traceparent, tracestate, endpoint, name }))
  if (request.url.startsWith('/api/slow')) setTimeout(say, 400)
  else say()
}).listen(Number(process.env.PORT), '127.0.0.1')
`

interface Told {
  readonly traceparent: string
  readonly tracestate: string | null
  readonly endpoint: string | null
  readonly name: string | null
}

void test('traces: context in and out, sampled spans to a collector, slow and failed ones kept', async (t) => {
  const sink = await OtlpSink.start()
  t.after(() => sink.close())
  const api = { start: 'node server.mjs', routes: ['/api'], health: { interval: '1s', deadline: '20s' }, grace: '5s' }
  const config = {
    name: 'tracing',
    services: { api },
    gateway: { listen: { http: 0 }, workers: 1 },
    environments: { local: { target: 'process', otlp: sink.url, watch: { for: '300ms' } } },
  }
  await using project = new TestProject(config, { 'server.mjs': SERVER })
  await project.must(['up', '--detach'])
  const port = await project.port()
  const { live } = (await project.status()).world
  const serversOf = (traceId: string): readonly SinkSpan[] =>
    sink.spans.filter((span) => span.traceId === traceId && span.kind === SERVER_KIND)
  const sent = async (traceId: string): Promise<SinkSpan> => {
    await until(() => serversOf(traceId).length > 0, `the spans of ${traceId}`, 30_000)
    return serversOf(traceId)[0]!
  }

  await t.test('a caller goes on in the service, and the gateway stands between them', async () => {
    const told = await ask(port, '/api/x?token=secret', { traceparent: `00-${TRACE}-${CALLER}-01`, tracestate: 'a=1' })
    const [, traceId, spanId, flags] = told.traceparent.split('-')
    assert.deepEqual([traceId, flags, told.tracestate], [TRACE, '01', 'a=1'])
    assert.deepEqual([told.endpoint, told.name], [sink.url, 'api'])
    const server = await sent(TRACE)
    assert.deepEqual([server.spanId, server.parentSpanId, server.name], [spanId, CALLER, 'GET /api'])
    assert.equal(server.attributes['http.response.status_code'], '200')
    assert.deepEqual(server.resource, {
      'service.name': 'gateway',
      'service.namespace': 'tracing',
      'service.version': live,
      'deployment.environment.name': 'local',
    })
    const children = sink.spans.filter(({ parentSpanId }) => parentSpanId === spanId)
    assert.deepEqual(
      children.map(({ name }) => name),
      ['guard and route', 'attempt 1', 'send the answer'],
    )
    assert.ok(sink.posts.every(({ path }) => path === '/v1/traces'))
    assert.equal(JSON.stringify(sink.posts).includes('secret'), false, 'no query leaves')
  })

  await t.test('what the caller does not want sampled goes nowhere; who has no caller is sampled', async () => {
    const unsampled = await ask(port, '/api/x', { traceparent: `00-${UNSAMPLED}-${CALLER}-00` })
    assert.match(unsampled.traceparent, new RegExp(`^00-${UNSAMPLED}-[0-9a-f]{16}-00$`))
    const wrong = await ask(port, '/api/x', { traceparent: `00-${TRACE}-0-01`, tracestate: 'a=1' })
    assert.equal(wrong.tracestate, null, 'the state of another trace')
    const [, traceId, spanId, flags] = wrong.traceparent.split('-')
    assert.notEqual(traceId, TRACE)
    assert.equal(flags, '01')
    const server = await sent(traceId!)
    assert.deepEqual([server.spanId, server.parentSpanId], [spanId, undefined])
    assert.deepEqual(serversOf(UNSAMPLED), [])
  })

  await t.test('many go together, each once', async () => {
    const posts = sink.posts.length
    const traces = await askMany(port)
    for (const traceId of traces) await sent(traceId)
    assert.ok(sink.posts.length - posts < MANY / 4, `${sink.posts.length - posts} posts for ${MANY} requests`)
    for (const traceId of traces) assert.equal(serversOf(traceId).length, 1)
  })

  await t.test('a failed and the slowest requests are kept, with the spans that were sent', async () => {
    const failed = await ask(port, '/api/fails', { 'x-correlation-id': 'failed-1' })
    const slow = await ask(port, '/api/slow', { 'x-correlation-id': 'slow-1' })
    // The minute of a worker that leaves is over.
    await project.must(['restart', 'gateway'])
    const list = async (because: 'failed' | 'slow') =>
      (await project.control.call('traces.list', { because })).traces.filter(({ route }) => route === 'GET /api')
    await until(async () => (await list('slow')).length > 0, 'the slow traces', 30_000)
    const [slowest, ...others] = await list('slow')
    assert.equal(slowest!.correlationId, 'slow-1')
    assert.ok(slowest!.durationMs >= 390 && others.every(({ durationMs }) => durationMs <= slowest!.durationMs))
    assert.ok(others.length < MANY / 2, 'not every request is kept')
    assert.deepEqual(
      (await list('failed')).map(({ correlationId }) => correlationId),
      ['failed-1'],
    )
    for (const [id, { traceparent }] of [
      ['failed-1', failed],
      ['slow-1', slow],
    ] as const) {
      const [trace] = (await project.control.call('traces.get', { id })).traces
      assert.equal(trace!.traceId, traceparent.split('-')[1])
      await sent(trace!.traceId)
      const ids = sink.spans.filter(({ traceId }) => traceId === trace!.traceId).map(({ spanId }) => spanId)
      assert.deepEqual(
        trace!.spans.map(({ spanId }) => spanId),
        ids,
      )
    }
  })

  await t.test('a collector that is away gets everything when it is back, once', async () => {
    await sink.close()
    const before = project.log('control').split('spans are not sent').length
    const traces = await askMany(port)
    await until(
      () => project.log('control').split('spans are not sent').length > before,
      'the trouble to be told',
      30_000,
    )
    await sink.open()
    for (const traceId of traces) await sent(traceId)
    for (const traceId of traces) assert.equal(serversOf(traceId).length, 1)
    assert.equal((await project.control.call('logs.stats', {})).tracesNotSent, 0)
    const shown = project
      .log('control')
      .split('\n')
      .find((line) => line.includes('spans are not sent'))
    assert.match(shown!, /ECONNREFUSED|other side closed|UND_ERR/)
  })
})

/** The ids of the traces that began with them. */
async function askMany(port: number): Promise<readonly string[]> {
  const told = await Promise.all(Array.from({ length: MANY }, () => ask(port, '/api/x', {})))
  return told.map(({ traceparent }) => traceparent.split('-')[1]!)
}

function ask(port: number, path: string, headers: Record<string, string>): Promise<Told> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as Told))
    }).once('error', reject)
  })
}
