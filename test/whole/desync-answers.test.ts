/**
 * Broken and hostile upstreams: what belongs to an answer is told to who asked, and never a byte of it to anybody else. Behind each
 * answer the next requests, on the same connection of the client and on others, must get their own.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rawConnection, startGateway, tableOf, until } from '../../src/gateway/testing.ts'
import { ANSWER_SHAPES } from '../support/desync/answer-shapes.ts'
import type { AnswerShape } from '../support/desync/answer-shapes.ts'
import { answersIn } from '../support/desync/play.ts'
import type { Answer } from '../support/desync/play.ts'
import { startRawUpstream } from '../support/desync/raw-upstream.ts'

/** Requests behind each answer, each on a connection of its own. */
const PROBES = 3

void test('no two shapes of answers have one name', () => {
  assert.equal(new Set(ANSWER_SHAPES.map(({ name }) => name)).size, ANSWER_SHAPES.length)
})

void test('an answer is told to who asked, as far as it is one, and what is behind it to nobody', async () => {
  await using raw = await startRawUpstream()
  await using gateway = await startGateway(tableOf([raw.upstream]))
  const wrong: string[] = []
  // One after the other: a connection that was spoilt by one is the next one's.
  for (const [index, shape] of ANSWER_SHAPES.entries()) {
    const path = `/s${index}`
    raw.will(path, { text: shape.text, close: shape.close === true })
    const { method = 'GET', body = '' } = shape
    const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`
    const ask = `${method} ${path} HTTP/1.1\r\nHost: a\r\n${length}\r\n${body}`
    const marker = `GET ${path}/marker HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
    using client = rawConnection(gateway.port, ask + marker)
    await until(() => client.ended, 10_000)
    const answers = answersIn(client.received, [method, 'GET'])
    wrong.push(...verdict(shape, path, answers).map((what) => `${shape.name}: ${what}: ${JSON.stringify(answers)}`))
    const again = raw.connectionOf(path) === raw.connectionOf(`${path}/marker`)
    if (again !== isTrusted(shape)) wrong.push(`${shape.name}: its connection is ${again ? '' : 'not '}used again`)
    for (let probe = 0; probe < PROBES; probe++) {
      const own = `${path}/probe${probe}`
      const text = await (await fetch(gateway.url + own, { headers: { Connection: 'close' } })).text()
      if (text !== own) wrong.push(`${shape.name}: a later request got ${JSON.stringify(text)}`)
    }
  }
  assert.deepEqual(wrong, [])
})

void test('an answer before its request has ended spoils no connection', async () => {
  await using raw = await startRawUpstream()
  await using gateway = await startGateway(tableOf([raw.upstream]))
  for (const [index, framing] of ['Content-Length: 76', 'Transfer-Encoding: chunked'].entries()) {
    const path = `/early${index}`
    raw.will(path, { text: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', close: false })
    using client = rawConnection(gateway.port, `POST ${path} HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`)
    await until(() => client.text.includes('hello'))
    const during = `${path}/during`
    assert.equal(await (await fetch(gateway.url + during, { headers: { Connection: 'close' } })).text(), during)
    assert.notEqual(raw.connectionOf(during), raw.connectionOf(path))
    // Whoever reads these bytes as requests answers them.
    const inside = `GET ${path}/inside HTTP/1.1\r\nHost: a\r\n\r\n`
    client.socket.write(inside.padEnd(76, '\n') + `GET ${path}/marker HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    await until(() => client.ended)
    const [first, ...rest] = answersIn(client.received, ['POST', 'GET'])
    assert.deepEqual(first, { status: 200, body: 'hello', whole: true })
    // The rest of the body may be read and thrown away, or the connection ended.
    if (framing.startsWith('Content')) assert.ok(rest.length === 0 || rest[0]!.body === `${path}/marker`, client.text)
    else
      assert.ok(
        rest.every(({ status }) => status === 400),
        client.text,
      )
    assert.ok(rest.length <= 1)
    for (let probe = 0; probe < PROBES; probe++) {
      const own = `${path}/probe${probe}`
      assert.equal(await (await fetch(gateway.url + own, { headers: { Connection: 'close' } })).text(), own)
      // Who has not got the whole of a request takes the next one for the rest of it.
      assert.notEqual(raw.connectionOf(own), raw.connectionOf(path))
    }
  }
})

/** Only an answer that ends exactly, and whose sender allows it, leaves a connection that may carry another request. */
function isTrusted({ expect, close = false, last = false }: AnswerShape): boolean {
  return expect.kind === 'passes' && !close && !last
}

function verdict({ expect }: AnswerShape, path: string, answers: readonly Answer[]): string[] {
  const [first, second, ...more] = answers
  if (more.length > 0) return ['more answers than requests']
  if (expect.kind === 'cut') {
    // A fault that came with the head may also be answered in its place.
    if (first?.status === 502 && first.whole) return behind(second, path)
    return first === undefined || (!first.whole && second === undefined) ? [] : ['not cut']
  }
  if (first === undefined || !first.whole) return ['no whole answer']
  const isBad = expect.kind === 'bad' || (expect.kind === 'surplus' && first.status === 502)
  const { status, body } = isBad ? { status: 502, body: first.body } : expect
  if (first.status !== status || first.body !== body) return ['not the answer']
  return behind(second, path)
}

/** The marker's answer is its own. */
function behind(second: Answer | undefined, path: string): string[] {
  return second?.status === 200 && second.whole && second.body === `${path}/marker`
    ? []
    : ['the marker got another answer']
}
