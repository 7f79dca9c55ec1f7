import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { ASK_AGAIN_MS, instanceMetrics, SERIES_MAX } from './metrics.ts'

const signal = new AbortController().signal

/** A real instance that answers as it is told to, and what a source makes of it. */
async function asking(t: TestContext, answer: (response: ServerResponse, accept: string) => void) {
  const world = { answer, asked: 0, dropped: 0, now: 1_000 }
  const server = createServer((request, response) => {
    world.asked += 1
    world.answer(response, String(request.headers.accept))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const source = instanceMetrics({
    service: 'api',
    instance: 'api@1-a-1',
    host: '127.0.0.1',
    port,
    onDropped: (count) => (world.dropped += count),
    now: () => world.now,
  })
  return { world, source }
}

const says =
  (text: string, type = 'text/plain; version=0.0.4') =>
  (response: ServerResponse): void =>
    void response.writeHead(200, { 'content-type': type }).end(text)

void test('series get the names of their service and instance; labels of theirs stay', async (t) => {
  const text = [
    'orders_total{kind="a",instance="own"} 3',
    'wait_seconds_bucket{le="1"} 2 # {trace_id="x"} 0.3',
    'seaworthy_instance_up{service="other"} 0',
    '# EOF',
  ].join('\n')
  const { world, source } = await asking(t, says(text, 'application/openmetrics-text; version=1.0.0'))
  assert.equal(source.isExpected!(), false)
  let accepted = ''
  const { answer } = world
  world.answer = (response, accept) => {
    accepted = accept
    answer(response, accept)
  }
  const ours = { service: 'api', instance: 'api@1-a-1' }
  assert.deepEqual(await source.read(signal), [
    { metric: 'orders_total', labels: { kind: 'a', exported_instance: 'own', ...ours }, value: 3 },
    { metric: 'wait_seconds_bucket', labels: { le: '1', ...ours }, value: 2 },
  ])
  assert.match(accepted, /^application\/openmetrics-text/)
  assert.equal(source.isExpected!(), true)
})

void test('one that has no metrics is left in peace for a while, and asked again', async (t) => {
  const { world, source } = await asking(t, says('<!doctype html>', 'text/html'))
  await assert.rejects(source.read(signal))
  for (let beat = 0; beat < 5; beat++) assert.deepEqual(await source.read(signal), [])
  assert.deepEqual([world.asked, source.isExpected!()], [1, false])
  world.now += ASK_AGAIN_MS
  world.answer = says('late 1')
  assert.equal((await source.read(signal)).length, 1)
  assert.deepEqual([world.asked, source.isExpected!()], [2, true])
})

void test('one that had metrics and has them no more has failed, each time', async (t) => {
  const { world, source } = await asking(t, says('a 1'))
  await source.read(signal)
  world.answer = (response) => void response.writeHead(404, { 'content-type': 'text/plain' }).end()
  await assert.rejects(source.read(signal), /not there any more/)
  world.answer = says('not metrics at all')
  await assert.rejects(source.read(signal), /cannot be read/)
  world.answer = says('a 2')
  assert.deepEqual(
    (await source.read(signal)).map(({ value }) => value),
    [2],
  )
  assert.equal(world.asked, 4)
})

void test('so many series are taken, so many bytes read, and an answer that never ends is cut', async (t) => {
  const lines = (count: number) => Array.from({ length: count }, (_, nth) => `m{nth="${nth}"} 1`).join('\n')
  const { world, source } = await asking(t, says(lines(SERIES_MAX + 3)))
  assert.equal((await source.read(signal)).length, SERIES_MAX)
  assert.equal(world.dropped, 3)
  world.answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const fill = (): void => {
      while (!response.destroyed && response.write('# filling\n'.repeat(10_000)));
    }
    response.on('drain', fill)
    fill()
  }
  await assert.rejects(source.read(signal), /more than \d+ bytes/)
  world.answer = () => {}
  const aborter = new AbortController()
  const hanging = source.read(aborter.signal)
  aborter.abort()
  await assert.rejects(hanging, /abort/i)
})
