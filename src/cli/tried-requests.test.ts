import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestOfBytes, requestOfFlags, requestsOfHar } from './tried-requests.ts'

const CLIENT = '192.0.2.1'
const text = (body: string | null): string | null => body && Buffer.from(body, 'base64').toString('utf8')

test('flags make a request: GET, or POST with a body', () => {
  const plain = requestOfFlags({ path: '/a?b=c', header: ['Host: x', 'X-One: 1', 'x-two:2:3'] }, CLIENT)
  assert.deepEqual(plain, {
    method: 'GET',
    target: '/a?b=c',
    headers: ['Host', 'x', 'X-One', '1', 'x-two', '2:3'],
    client: CLIENT,
    body: null,
  })
  const posted = requestOfFlags({ path: '/', header: [], body: 'ü' }, CLIENT)
  assert.deepEqual([posted.method, posted.headers, text(posted.body)], ['POST', ['Host', 'localhost'], 'ü'])
  assert.throws(() => requestOfFlags({ path: 'a', header: [] }, CLIENT), { code: 'cli.usage' })
  assert.throws(() => requestOfFlags({ path: '/', header: ['nonsense'] }, CLIENT), { code: 'cli.usage' })
})

test('of a HAR file each request is taken; what only HTTP/2 says in fields becomes a Host', () => {
  const har = {
    log: {
      entries: [
        {
          request: {
            method: 'GET',
            url: 'https://example.com/a%20b?c=d#e',
            headers: [
              { name: ':path', value: '/x' },
              { name: 'Cookie', value: 'a=b' },
            ],
          },
        },
        { request: { method: 'POST', url: 'https://example.com/', headers: [], postData: { text: '{"a":1}' } } },
      ],
    },
  }
  const [first, second] = requestsOfHar(JSON.stringify(har), CLIENT)
  assert.deepEqual(first, {
    method: 'GET',
    target: '/a%20b?c=d',
    headers: ['Host', 'example.com', 'Cookie', 'a=b'],
    client: CLIENT,
    body: null,
  })
  assert.equal(text(second!.body), '{"a":1}')
  for (const wrong of [
    'x',
    '{}',
    '{"log":{"entries":[{}]}}',
    '{"log":{"entries":[{"request":{"method":"GET","url":"/a"}}]}}',
  ])
    assert.throws(() => requestsOfHar(wrong, CLIENT), { code: 'guard.bad-har' }, wrong)
})

test('bytes are read as the gateway reads them, chunked bodies too', () => {
  const whole = requestOfBytes(
    Buffer.from('POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello and more'),
    CLIENT,
  )
  assert.deepEqual(
    [whole.method, whole.target, whole.headers, text(whole.body)],
    ['POST', '/a?b', ['Host', 'x', 'Content-Length', '5'], 'hello'],
  )
  const chunked = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n'
  assert.equal(text(requestOfBytes(Buffer.from(chunked), CLIENT).body), 'hello')
  const byHand = requestOfBytes(Buffer.from('POST / HTTP/1.1\nHost: x\nContent-Length: 3\n\na\nb'), CLIENT)
  assert.equal(text(byHand.body), 'a\nb')
})

test('what the gateway would not read says what it would answer', () => {
  const wrong = [
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    'GET / HTTP/1.1\r\nHost : x\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\n',
    '',
  ]
  for (const bytes of wrong)
    assert.throws(
      () => requestOfBytes(Buffer.from(bytes), CLIENT),
      { code: 'guard.bad-request' },
      JSON.stringify(bytes),
    )
})
