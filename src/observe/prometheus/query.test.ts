import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { parseExpression, parseSelector } from '../../promises/expression/parse.ts'
import { PrometheusQuery } from './query.ts'

const servers: ReturnType<typeof createServer>[] = []
after(() => {
  for (const server of servers) server.close().closeAllConnections()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function formOf(request: IncomingMessage): Promise<Record<string, string>> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return Object.fromEntries(new URLSearchParams(text))
}

const up = parseExpression('up')

void test('a question is a form, under the path that Prometheus is served at', async () => {
  const asked: unknown[] = []
  const url = await serve((request, response) => {
    void formOf(request).then((form) => {
      asked.push([request.method, request.url, form])
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [] } }))
    })
  })
  const query = new PrometheusQuery({ url: `${url}/prometheus/`, now: Date.now })
  await query.range(up, { startMs: 1_500, endMs: 61_500, stepMs: 15_000 })
  await query.raw(parseSelector('up{a="b"} offset 5m'), { fromMs: 1_000, toMs: 61_000 })
  assert.deepEqual(asked, [
    ['POST', '/prometheus/api/v1/query_range', { query: 'up', start: '1.500', end: '61.500', step: '15.000' }],
    ['POST', '/prometheus/api/v1/query', { query: 'up{a="b"}[1m1ms]', time: '61.000' }],
  ])
})

void test('who does not answer, or not in time, or not as a Prometheus, is unreachable', async () => {
  const silent = await serve(() => {})
  const page = await serve((_, response) => response.end('<html>a page</html>'))
  const away = await serve((_, response) => response.writeHead(302, { location: silent }).end())
  for (const url of ['http://127.0.0.1:1', silent, page, away]) {
    const query = new PrometheusQuery({ url, answerWithinMs: 300, now: Date.now })
    await assert.rejects(query.instant(up, 0), { code: 'series.unreachable' }, url)
  }
})

void test('an answer without an end is cut', async () => {
  const url = await serve((_, response) => {
    const more = (): void => {
      if (!response.destroyed) response.write('x'.repeat(10_000), more)
    }
    more()
  })
  const query = new PrometheusQuery({ url, answerBytesMax: 100_000, now: Date.now })
  await assert.rejects(query.instant(up, 0), { code: 'series.too-much', message: /100000 bytes/ })
})

void test('what Prometheus refuses is told as our own store would tell it', async () => {
  for (const [errorType, error, code] of [
    ['bad_data', 'parse error', 'promise.expression'],
    ['execution', 'found duplicate series for the match group', 'series.ambiguous'],
    ['timeout', 'query timed out in expression evaluation', 'series.too-much'],
    ['execution', 'query processing would load too many samples into memory', 'series.too-much'],
    ['internal', 'something', 'series.unreachable'],
  ] as const) {
    const url = await serve((_, response) =>
      response.writeHead(422).end(JSON.stringify({ status: 'error', errorType, error })),
    )
    await assert.rejects(new PrometheusQuery({ url, now: Date.now }).instant(up, 0), { code }, error)
  }
})
