/** What broken and hostile upstreams answer, and what of it a client may be told. */

export interface AnswerShape {
  readonly name: string
  /** What the upstream writes to a GET; `close`: it then ends the connection. */
  readonly text: string
  readonly close?: boolean
  readonly method?: 'GET' | 'HEAD' | 'POST'
  /** Of the request. This upstream knows no bodies: it takes them for requests, and answers those as well. */
  readonly body?: string
  /** What its sender says of its connection forbids another request on it. */
  readonly last?: boolean
  readonly expect: AnswerExpectation
}

/**
 * `passes` with this status and body; `bad`: answered with 502; `surplus`: one of the two, since what is behind the end may be seen
 * before or after the answer is passed on; `cut`: the answer began, and its client must see that the rest of it is missing.
 */
export type AnswerExpectation =
  | { readonly kind: 'passes' | 'surplus'; readonly status: number; readonly body: string }
  | { readonly kind: 'bad' }
  | { readonly kind: 'cut' }

/** What must never be told to anybody. */
export const STRAY = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray'

const INSIDE = 'GET /inside HTTP/1.1\r\nHost: a\r\n\r\n'

const passes = (name: string, text: string, body: string, status = 200): AnswerShape => ({
  name,
  text,
  expect: { kind: 'passes', status, body },
})
const surplus = (name: string, text: string, body: string, status = 200): AnswerShape => ({
  name,
  text,
  expect: { kind: 'surplus', status, body },
})
const ends = (shape: AnswerShape): AnswerShape => ({ ...shape, close: true })
const last = (shape: AnswerShape): AnswerShape => ({ ...shape, last: true })
const head = (shape: AnswerShape): AnswerShape => ({ ...shape, method: 'HEAD' })
const bad = (name: string, text: string): AnswerShape => ({ name, text, expect: { kind: 'bad' } })
const cut = (name: string, text: string): AnswerShape => ({ name, text, expect: { kind: 'cut' } })

const ok = (fields: string, body = ''): string => `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n${body}`
const chunked = (body: string): string => ok('Transfer-Encoding: chunked', body)

export const ANSWER_SHAPES: readonly AnswerShape[] = [
  passes('a length', ok('Content-Length: 5', 'hello'), 'hello'),
  passes('a length of zero', ok('Content-Length: 0'), ''),
  passes('chunks', chunked('5\r\nhello\r\n0\r\n\r\n'), 'hello'),
  passes('chunks with a trailer', chunked('5;a=b\r\nhello\r\n0\r\nX-Checksum: 1\r\n\r\n'), 'hello'),
  ends(passes('a body until the end', ok('X: y', 'hello'), 'hello')),
  ends(passes('1.0 until the end', 'HTTP/1.0 200 OK\r\n\r\nhello', 'hello')),
  ends(passes('an answer for a body until the end', ok('X: y', STRAY), STRAY)),
  passes('an answer in a body', ok(`Content-Length: ${STRAY.length}`, STRAY), STRAY),
  passes(
    'an answer before it',
    `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok('Content-Length: 5', 'hello')}`,
    'hello',
  ),
  passes('100 nobody asked for', `HTTP/1.1 100 Continue\r\n\r\n${ok('Content-Length: 5', 'hello')}`, 'hello'),
  passes('100 twice', `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(2)}${ok('Content-Length: 5', 'hello')}`, 'hello'),
  passes('no reason', 'HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello', 'hello'),
  passes('204', 'HTTP/1.1 204 No Content\r\n\r\n', '', 204),
  last(passes('204 that announces a body', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', '', 204)),
  last(passes('204 that announces chunks', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n', '', 204)),
  last(passes('close that is not kept', ok('Connection: close\r\nContent-Length: 5', 'hello'), 'hello')),
  last(passes('1.0 that does not close', 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello')),
  passes('1.0 kept alive', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello', 'hello'),
  passes('304', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n', '', 304),
  passes('304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', '', 304),
  head(passes('HEAD with a length', ok('Content-Length: 5'), '')),
  head(passes('HEAD with chunks announced', ok('Transfer-Encoding: chunked'), '')),
  head(passes('HEAD without a length', ok('X: y'), '')),

  // Something behind the end: it is told to nobody.
  surplus('an answer behind it', ok('Content-Length: 5', `hello${STRAY}`), 'hello'),
  surplus('an answer behind chunks', chunked(`5\r\nhello\r\n0\r\n\r\n${STRAY}`), 'hello'),
  surplus('an answer behind nothing', ok('Content-Length: 0', STRAY), ''),
  surplus('an answer behind 204', `HTTP/1.1 204 No Content\r\n\r\n${STRAY}`, '', 204),
  surplus('an answer behind 304', `HTTP/1.1 304 Not Modified\r\n\r\n${STRAY}`, '', 304),
  surplus('a body on 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello', '', 204),
  surplus(
    'chunks on 204',
    'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    '',
    204,
  ),
  surplus('a body on 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello', '', 304),
  surplus(
    'chunks on 304',
    'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    '',
    304,
  ),
  head(surplus('a body on HEAD', ok('Content-Length: 5', 'hello'), '')),
  head(surplus('chunks on HEAD', chunked('5\r\nhello\r\n0\r\n\r\n'), '')),
  head(surplus('an answer on HEAD', ok(`Content-Length: ${STRAY.length}`, STRAY), '')),
  surplus('more than its length', ok('Content-Length: 3', 'hello'), 'hel'),
  surplus('an empty line behind it', ok('Content-Length: 5', 'hello\r\n'), 'hello'),
  surplus(
    'a body of a length on an answer before it',
    `HTTP/1.1 103 X\r\nContent-Length: ${STRAY.length}\r\n\r\n${ok('Content-Length: 5', 'hello')}${STRAY}`,
    'hello',
  ),

  {
    ...surplus('a body that is taken for a request', ok('Content-Length: 5', 'hello'), 'hello'),
    method: 'POST',
    body: INSIDE,
  },

  bad('two lengths', ok('Content-Length: 5\r\nContent-Length: 0', 'hello')),
  bad('two equal lengths', ok('Content-Length: 5\r\nContent-Length: 5', 'hello')),
  bad('a list of lengths', ok('Content-Length: 5, 5', 'hello')),
  bad('a signed length', ok('Content-Length: +5', 'hello')),
  bad('a negative length', ok('Content-Length: -5', 'hello')),
  bad('an empty length', ok('Content-Length:', 'hello')),
  bad('a hexadecimal length', ok('Content-Length: 0x5', 'hello')),
  bad('a length above 2^53', ok('Content-Length: 9007199254740997', 'hello')),
  bad('a length and chunks', ok('Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n')),
  bad('chunks and a length', ok('Transfer-Encoding: chunked\r\nContent-Length: 5', `0\r\n\r\n${STRAY}`)),
  bad('identity', ok('Transfer-Encoding: identity', 'hello')),
  bad('gzip and chunked', ok('Transfer-Encoding: gzip, chunked', '0\r\n\r\n')),
  bad('chunked twice', ok('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '0\r\n\r\n')),
  bad('chunked and identity', ok('Transfer-Encoding: chunked, identity', '0\r\n\r\n')),
  bad('xchunked', ok('Transfer-Encoding: xchunked', '0\r\n\r\n')),
  bad('chunked behind a tab', ok('Transfer-Encoding:\tchunked', '0\r\n\r\n')),
  bad('chunked on a folded line', ok('Transfer-Encoding:\r\n chunked', '0\r\n\r\n')),
  bad('chunked with a space before the colon', ok('Transfer-Encoding : chunked', '0\r\n\r\n')),
  bad('chunks in 1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  bad('bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello'),
  bad('a bare line feed in a value', ok('X: y\nContent-Length: 5', 'hello')),
  bad('a bare carriage return in a value', ok('X: y\rContent-Length: 5', 'hello')),
  bad('a head ended by a line feed', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\nhello'),
  bad('a folded field', ok('X: y\r\n z\r\nContent-Length: 0')),
  bad('a name with a space', ok('X y: z\r\nContent-Length: 0')),
  bad('a name with NUL', ok('X\0: z\r\nContent-Length: 0')),
  bad('a field without a colon', ok('X\r\nContent-Length: 0')),
  bad('a value with NUL', ok('X: \0\r\nContent-Length: 0')),
  bad('another protocol', 'ICY 200 OK\r\nContent-Length: 0\r\n\r\n'),
  bad('HTTP/2.0', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'),
  bad('HTTP/0.9', '<html>hello</html>\r\n\r\n'),
  bad('a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'),
  bad('a status of four digits', 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'),
  bad('an empty line before the status', `\r\n${ok('Content-Length: 0')}`),
  bad(
    '101 nobody asked for',
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${STRAY}`,
  ),
  bad('251 fields', ok('X: y\r\n'.repeat(250) + 'Content-Length: 0')),
  bad('a head of 70 KiB', ok(`X: ${'y'.repeat(70_000)}\r\nContent-Length: 0`)),
  bad('Connection naming Content-Length', ok('Connection: Content-Length\r\nContent-Length: 0')),
  ends(bad('nothing at all', '')),
  ends(bad('half a head', 'HTTP/1.1 200 OK\r\nContent-Le')),
  ends(bad('only an answer before the answer', 'HTTP/1.1 100 Continue\r\n\r\n')),
  bad('an answer before the answer in 1.0', `HTTP/1.0 103 Early Hints\r\n\r\n${ok('Content-Length: 5', 'hello')}`),

  ends(cut('less than its length', ok('Content-Length: 500', 'hello'))),
  ends(cut('less than its length, an answer for the rest', ok(`Content-Length: ${STRAY.length + 1}`, STRAY))),
  ends(cut('chunks without an end', chunked('5\r\nhello\r\n'))),
  ends(cut('half a chunk', chunked('50\r\nhello'))),
  cut('a chunk with a bare line feed', chunked('5\nhello\r\n0\r\n\r\n')),
  cut('a chunk longer than its size', chunked('3\r\nhello\r\n0\r\n\r\n')),
  cut('a chunk with a size that is no number', chunked('x\r\nhello\r\n0\r\n\r\n')),
  cut('a chunk with a space behind its size', chunked('5 \r\nhello\r\n0\r\n\r\n')),
  cut('a chunk with an extension ended by a line feed', chunked('5;a\nhello\r\n0\r\n\r\n')),
  cut('a trailer with a length', chunked('5\r\nhello\r\n0\r\nContent-Length: 0\r\n\r\n')),
  cut('an answer for a trailer', chunked(`5\r\nhello\r\n0\r\n${STRAY}`)),
]
