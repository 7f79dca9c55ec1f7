import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dropSet, RequestHead, RequestReader } from './index.ts'
import { rejects, reads } from './testing.ts'

void test('a head is read into offsets, and everything else is cut out on demand', () => {
  const head = reads('GET /a/b?c=d HTTP/1.1\r\nHost: Shop.Example:8080\r\nX-One:  1 \t\r\nx-ONE:2\r\nEmpty:\r\n\r\n')
  assert.equal(head.method, 'GET')
  assert.equal(head.version, 11)
  assert.equal(head.target, '/a/b?c=d')
  assert.equal(head.path, '/a/b')
  assert.equal(head.authority, 'Shop.Example:8080')
  assert.equal(head.host, 'shop.example')
  assert.deepEqual(head.pairs(), ['Host', 'Shop.Example:8080', 'X-One', '1', 'x-ONE', '2', 'Empty', ''])
  assert.equal(head.get('x-one'), '1')
  assert.deepEqual(head.all('x-one'), ['1', '2'])
  assert.equal(head.get('x-two'), undefined)
  assert.equal(head.get('empty'), '')
  assert.equal(head.keepAlive, true)
  assert.equal(head.hasBody, false)
  assert.equal(head.contentLength, -1)
})

void test('a head is passed on in one piece where line and Host say what would be written anew', () => {
  const passedOn = (text: string): string | null => reads(text).passedOn(dropSet(['x-drop']))
  assert.equal(
    passedOn(
      'GET /a HTTP/1.1\r\nX-Drop: 1\r\nX: 1\r\nhOST: A.b:80\r\nConnection: x-named\r\nX-Named: 1\r\nY:2 \r\n\r\n',
    ),
    'GET /a HTTP/1.1\r\nX: 1\r\nhOST: A.b:80\r\nY:2 \r\n',
  )
  for (const host of ['a', '', 'a.b:80']) {
    for (const space of ['', ' ']) {
      const line = `Host:${space}${host}\r\n`
      assert.equal(passedOn(`GET / HTTP/1.1\r\n${line}\r\n`), `GET / HTTP/1.1\r\n${line}`)
    }
  }
  // Readers that take a tab, or what stands behind a value, for a part of it would serve another host than was judged.
  for (const host of ['\ta', ' \ta', '  a', 'a ', ' a\t', ' a \t ']) {
    const head = reads(`GET / HTTP/1.1\r\nX: 1\r\nHost:${host}\r\n\r\n`)
    assert.equal(head.passedOn(dropSet()), null, JSON.stringify(host))
    assert.equal(head.authority, 'a')
    assert.equal(head.endToEnd(dropSet()), 'X: 1\r\n')
  }
  for (const line of ['GET http://b/ HTTP/1.1', 'GET / HTTP/1.0', 'OPTIONS * HTTP/1.1']) {
    assert.equal(passedOn(`${line}\r\nHost: a\r\n\r\n`), null, line)
  }
})

void test('a head object forgets the head before', () => {
  const reader = new RequestReader()
  const head = new RequestHead()
  const read = (text: string): void => {
    const bytes = Buffer.from(text, 'latin1')
    assert.equal(reader.push(bytes, 0, bytes.length, head), bytes.length)
    assert.equal(reader.refusal, null)
  }
  read(
    'POST http://b/x?y HTTP/1.1\r\nHost: a\r\nConnection: close, x-mine\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n',
  )
  assert.deepEqual(
    [head.authority, head.target, head.path, head.chunked, head.expectContinue, head.keepAlive, head.connectionNames],
    ['b', '/x?y', '/x', true, true, false, ['x-mine']],
  )
  read('GET / HTTP/1.0\r\n\r\n')
  assert.deepEqual(
    [head.authority, head.host, head.target, head.path, head.chunked, head.expectContinue, head.connectionNames],
    ['', '', '/', '/', false, false, []],
  )
  assert.equal(head.keepAlive, false)
  assert.equal(head.fieldCount, 0)
  read('GET / HTTP/1.1\r\nHost: a\r\nConnection: close, upgrade, keep-alive\r\nUpgrade: websocket\r\n\r\n')
  assert.deepEqual([head.keepAlive, head.websocket], [false, true])
  read('GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n')
  assert.deepEqual([head.keepAlive, head.websocket], [true, false])
  read('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, keep-alive\r\n\r\n')
  assert.deepEqual([head.keepAlive, head.websocket], [true, false])
  read('GET / HTTP/1.0\r\n\r\n')
  assert.equal(head.keepAlive, false)
})

void test('how long a connection lasts follows version and Connection', () => {
  const keeps = (version: string, connection: string): boolean =>
    reads(`GET / HTTP/${version}\r\nHost: a\r\n${connection}\r\n`).keepAlive
  assert.equal(keeps('1.1', ''), true)
  assert.equal(keeps('1.1', 'Connection: close\r\n'), false)
  assert.equal(keeps('1.1', 'Connection: x, CLOSE ,y\r\n'), false)
  assert.equal(keeps('1.1', 'Connection: keep-alive\r\nConnection: close\r\n'), false)
  assert.equal(keeps('1.0', ''), false)
  assert.equal(keeps('1.0', 'Connection: Keep-Alive\r\n'), true)
  assert.equal(keeps('1.0', 'Connection: keep-alive, close\r\n'), false)
})

void test('the absolute form names the place, and its path is what is asked for', () => {
  const of = (line: string): string[] => {
    const head = reads(`${line} HTTP/1.1\r\nHost: other:1\r\n\r\n`)
    return [head.authority, head.host, head.target, head.path]
  }
  assert.deepEqual(of('GET http://A.b:80/c?d=/'), ['A.b:80', 'a.b', '/c?d=/', '/c'])
  assert.deepEqual(of('GET HTTPS://a'), ['a', 'a', '/', '/'])
  assert.deepEqual(of('GET http://a?q'), ['a', 'a', '/?q', '/'])
  assert.deepEqual(of('OPTIONS http://a'), ['a', 'a', '*', '*'])
  assert.deepEqual(of('OPTIONS *'), ['other:1', 'other', '*', '*'])
  assert.deepEqual(of('GET //a/b'), ['other:1', 'other', '//a/b', '//a/b'])
  for (const target of [
    'http://',
    'http:///x',
    'http://u@a/',
    'http://u:p@a/',
    'http://a:x/',
    'ftp://a/',
    'http:/a',
    'a',
    '?',
  ])
    rejects(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`, 400, 'target')
  // The field must be there and valid all the same.
  rejects('GET http://a/ HTTP/1.1\r\n\r\n', 400, 'no-host')
  rejects('GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n', 400, 'host')
})

void test('a WebSocket is asked for by a GET without a body, in 1.1, and by both fields', () => {
  const asks = (head: string): boolean => reads(head + '\r\n\r\n').websocket
  const upgrade = 'Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket'
  assert.equal(asks(`GET / HTTP/1.1\r\nHost: a\r\n${upgrade}`), true)
  assert.equal(asks(`GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c, websocket\r\nConnection: upgrade`), true)
  assert.equal(asks(`POST / HTTP/1.1\r\nHost: a\r\n${upgrade}`), false)
  assert.equal(asks(`GET / HTTP/1.1\r\nHost: a\r\n${upgrade}\r\nContent-Length: 1`), false)
  assert.equal(asks(`GET / HTTP/1.1\r\nHost: a\r\n${upgrade}\r\nContent-Length: 0`), true)
  assert.equal(asks(`GET / HTTP/1.0\r\nHost: a\r\n${upgrade}`), false)
  assert.equal(asks(`GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket`), false)
  assert.equal(asks(`GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade`), false)
  assert.equal(asks(`GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket2`), false)
})

void test('only what is meant for whoever comes after is passed on, in runs', () => {
  const head = reads(
    'GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB:2\r\nTE: trailers\r\nC : no'.replace('C : no', 'C: 3') +
      '\r\nX_Forwarded_For: 9\r\nx-forwarded-for: 8\r\nConnection: close, Mine_Only\r\nMine-Only: x\r\nContent-Length: 0\r\nD: 4\r\n\r\n',
  )
  assert.equal(head.endToEnd(dropSet(['X-Forwarded-For'])), 'A: 1\r\nB:2\r\nC: 3\r\nD: 4\r\n')
  assert.equal(reads('GET / HTTP/1.1\r\nHost: a\r\n\r\n').endToEnd(dropSet()), '')
  assert.equal(reads('GET / HTTP/1.1\r\nA: 1\r\nHost: a\r\n\r\n').endToEnd(dropSet()), 'A: 1\r\n')
  assert.equal(reads('GET / HTTP/1.0\r\nA: 1\r\nB: 2\r\n\r\n').endToEnd(dropSet()), 'A: 1\r\nB: 2\r\n')
  assert.equal(reads('GET / HTTP/1.0\r\n\r\n').endToEnd(dropSet()), '')
  assert.equal(reads('GET / HTTP/1.0\r\nTE: x \t\r\nA:  1 \r\nTE: y\t\r\n\r\n').endToEnd(dropSet()), 'A:  1 \r\n')
})

void test('what can be read in two ways is refused', () => {
  const post = (fields: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`
  for (const [status, code, text] of [
    [400, 'request-line', ' GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'request-line', 'G(T / HTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'request-line', 'GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'request-line', 'GET\r\nHost: a\r\n\r\n'],
    [400, 'target', 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'target', 'GET /\tHTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'target', 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'target', 'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'target', 'GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'target', 'GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'target', 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'target', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'target', 'OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'target', 'GET /\r\nHost: a\r\n\r\n'],
    [400, 'version', 'GET /  HTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'version', 'GET / a HTTP/1.1\r\nHost: a\r\n\r\n'],
    [400, 'version', 'GET / http/1.1\r\nHost: a\r\n\r\n'],
    [400, 'request-line', 'GET / HTTP/1.1 \r\nHost: a\r\n\r\n'],
    [400, 'request-line', 'GET / HTTP/1.10\r\nHost: a\r\n\r\n'],
    [400, 'line-end', 'GET / HTTP/1.1\nHost: a\r\n\r\n'],
    [400, 'line-end', 'GET / HTTP/1.1\rHost: a\r\n\r\n'],
    [505, 'other-version', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n'],
    [505, 'other-version', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n'],
    [505, 'other-version', 'GET / HTTP/0.9\r\nHost: a\r\n\r\n'],
    [501, 'unknown-method', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
    [501, 'unknown-method', 'get / HTTP/1.1\r\nHost: a\r\n\r\n'],
    [501, 'unknown-method', 'GETT / HTTP/1.1\r\nHost: a\r\n\r\n'],
    [501, 'unknown-method', 'GEX / HTTP/1.1\r\nHost: a\r\n\r\n'],
    [501, 'unknown-method', 'GE / HTTP/1.1\r\nHost: a\r\n\r\n'],
    [501, 'unknown-method', `${'G'.repeat(40)} / HTTP/1.1\r\nHost: a\r\n\r\n`],
    [414, 'target-too-long', `GET /${'a'.repeat(8192)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    [400, 'no-host', 'GET / HTTP/1.1\r\n\r\n'],
    [400, 'host-twice', 'GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n'],
    [400, 'host', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n'],
    [400, 'host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    [400, 'host', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n'],
    [400, 'host', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n'],
    [400, 'host', 'GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n'],
    [400, 'host', 'GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n'],
    [400, 'host', 'GET / HTTP/1.1\r\nHost: [::1\r\n\r\n'],
    [400, 'folded-line', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n'],
    [400, 'folded-line', post('X: a\r\n b: c')],
    [400, 'folded-line', post('X: a\r\n\tb')],
    [400, 'coding', post('Transfer-Encoding:\r\n chunked')],
    [400, 'field-name', post('X : a')],
    [400, 'field-name', post('X\t: a')],
    [400, 'field-name', post(': a')],
    [400, 'field-name', post('X\0: a')],
    [400, 'field-name', post('X(y): a')],
    [400, 'field-name', post('Xé: a')],
    [400, 'line-end', post('X')],
    [400, 'field-value', post('X: a\0b')],
    [400, 'field-value', post('X: a\x01')],
    [400, 'field-value', post('X: \x7f')],
    [400, 'field-value', post('X: a\x0bb')],
    [400, 'line-end', post('X: a\nTransfer-Encoding: chunked')],
    [400, 'line-end', post('X: a\rTransfer-Encoding: chunked')],
    [400, 'line-end', post('X: a\r\r\nY: b')],
    [400, 'line-end', post('X: a\r\n\rY: b')],
    [400, 'line-end', post('X: a\r\n\nY: b')],
    [400, 'length-twice', post('Content-Length: 1\r\nContent-Length: 1')],
    [400, 'length', post('Content-Length: +1')],
    [400, 'length', post('Content-Length: -1')],
    [400, 'length', post('Content-Length:')],
    [400, 'length', post('Content-Length: 1, 1')],
    [400, 'length', post('Content-Length: 1 1')],
    [400, 'length', post('Content-Length: 0x1')],
    [400, 'length', post('Content-Length: 1e1')],
    [400, 'length', post('Content-Length: 9007199254740992')],
    [400, 'length', post('Content-Length: 00000000000000001')],
    [400, 'length-with-coding', post('Content-Length: 1\r\nTransfer-Encoding: chunked')],
    [400, 'length-with-coding', post('Transfer-Encoding: chunked\r\nContent-Length: 0')],
    [400, 'coding', post('Transfer-Encoding: identity')],
    [400, 'coding', post('Transfer-Encoding: chunked, identity')],
    [400, 'coding', post('Transfer-Encoding: gzip, chunked')],
    [400, 'coding', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked')],
    [400, 'coding', post('Transfer-Encoding: xchunked')],
    [400, 'coding', post('Transfer-Encoding: "chunked"')],
    [400, 'coding', post('Transfer-Encoding: chunked;q=1')],
    [400, 'coding', post('Transfer-Encoding:')],
    [400, 'coding', post('Transfer-Encoding:\tchunked')],
    [400, 'coding', post('Transfer-Encoding: \t chunked')],
    [400, 'coding', post('Transfer-Encoding: chunked\t')],
    [400, 'coding', post('Transfer-Encoding: chunked \t ')],
    [400, 'length', post('Content-Length: 5\t')],
    [400, 'length', post('Content-Length:\t5')],
    [400, 'coding', 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'],
    [400, 'connection', post('Connection: host')],
    [400, 'connection', post('Connection: close, Content-Length')],
    [400, 'connection', post('Connection: Transfer_Encoding')],
    [400, 'connection', post('Connection: authorization')],
    [400, 'connection', post('Connection: X-Forwarded-For')],
    [400, 'connection', post('Connection: a b')],
    [400, 'connection', post('Connection: "close"')],
    [417, 'expectation', post('Expect: 200-ok')],
    [417, 'expectation', post('Expect: 100-continue\r\nExpect: 100-continue')],
    [417, 'expectation', post('Expect: 100-continue, x')],
    [400, 'trace-with-body', 'TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n'],
    [431, 'too-many-fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: a\r\n'.repeat(100)}\r\n`],
    [431, 'head-too-long', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(16_384)}\r\n\r\n`],
  ] as const)
    rejects(text, status, code)
})

void test('what only looks odd is read', () => {
  assert.equal(reads('GET / HTTP/1.1\r\nHost:\r\n\r\n').authority, '')
  assert.equal(reads('GET / HTTP/1.1\r\nhOST:a:\r\n\r\n').host, 'a')
  assert.equal(reads('GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n').host, '[2001:db8::1]')
  assert.equal(reads('GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n').host, '[2001:db8::1]')
  assert.equal(reads('\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n').host, 'a')
  assert.equal(reads('GET /"<>^`\\?{"a":|} HTTP/1.1\r\nHost: a\r\n\r\n').target, '/"<>^`\\?{"a":|}')
  assert.equal(reads('GET / HTTP/1.1\r\nHost: a\r\nX: \xe9\t\xff\r\n\r\n').get('x'), '\xe9\t\xff')
  assert.equal(reads('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 007\r\n\r\n').contentLength, 7)
  assert.equal(
    reads('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9007199254740991\r\n\r\n').contentLength,
    Number.MAX_SAFE_INTEGER,
  )
  assert.equal(reads('POST / HTTP/1.1\r\nHost: a\r\nTRANSFER-encoding:  Chunked \r\n\r\n').chunked, true)
  assert.equal(reads(`GET / HTTP/1.1\r\nHost: a\r\n${'X: a\r\n'.repeat(99)}\r\n`).fieldCount, 100)
  assert.equal(reads(`GET /${'a'.repeat(8191)} HTTP/1.1\r\nHost: a\r\n\r\n`).target.length, 8192)
  const most = 'GET / HTTP/1.1\r\nHost: a\r\nX: '
  assert.equal(reads(`${most}${'a'.repeat(16_384 - most.length - 4)}\r\n\r\n`).fieldCount, 2)
  rejects(`${most}${'a'.repeat(16_384 - most.length - 3)}\r\n\r\n`, 431, 'head-too-long')
})
