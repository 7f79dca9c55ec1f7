/** Messages as browsers, programs and proxies send them, in parts that can be altered one by one. */
import type { Random } from '../random.ts'

export interface Message {
  /** Of the first line: three words of a request, three of a status line. */
  first: string[]
  fields: Field[]
  body: string
}

export interface Field {
  name: string
  /** Between name and value. */
  between: string
  value: string
  end: string
}

const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'TRACE']
const TARGETS = [
  '/',
  '/index.html',
  '/api/users/42?include=orders&sort=-created',
  '/search?q=caf%C3%A9+noir&lang=de',
  '/a//b/../c/./d;v=1',
  '/%2e%2e/%00',
  'http://shop.example.com/absolute?x=1',
  'https://shop.example.com:8443',
  '*',
]
const ORDINARY: readonly (readonly [string, string])[] = [
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  ],
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8'],
  ['Accept-Encoding', 'gzip, deflate, br, zstd'],
  ['Accept-Language', 'en-GB,en;q=0.9,de;q=0.8'],
  ['Cookie', 'session=8b1d4c2f0a6e4b7c9d3f; theme=dark; cart="a b"'],
  ['Referer', 'https://shop.example.com/orders'],
  ['Content-Type', 'application/json; charset=utf-8'],
  ['Authorization', 'Bearer abc.def.ghi'],
  ['X-Forwarded-For', '203.0.113.9, 198.51.100.7'],
  ['If-None-Match', 'W/"abc"'],
  ['Cache-Control', 'no-cache'],
  ['Sec-Fetch-Mode', 'navigate'],
  ['X-Empty', ''],
  ['X-Text', 'caf\xe9 \x80\xff'],
  ['Connection', 'keep-alive'],
  ['Connection', 'close'],
  ['Connection', 'keep-alive, X-Hop'],
  ['Upgrade', 'websocket'],
  ['TE', 'trailers'],
]
const ANSWERING: readonly (readonly [string, string])[] = [
  ['Server', 'nginx/1.22.1'],
  ['Date', 'Tue, 03 Nov 2026 10:00:00 GMT'],
  ['Content-Type', 'text/html; charset=utf-8'],
  ['Set-Cookie', 'id=1; Path=/; HttpOnly'],
  ['Set-Cookie', 'theme=dark'],
  ['ETag', '"abc"'],
  ['Vary', 'Accept-Encoding'],
  ['Cache-Control', 'max-age=60'],
  ['Connection', 'keep-alive'],
  ['Connection', 'close'],
  ['Keep-Alive', 'timeout=5'],
  ['X-Empty', ''],
]
const STATUSES = [
  '200 OK',
  '200 OK',
  '200 OK',
  '404 Not Found',
  '204 No Content',
  '304 Not Modified',
  '500 ',
  '101 Switching Protocols',
]
const INTERIM = ['100 Continue', '103 Early Hints']

export function requestOf(random: Random): Message {
  const method = random.pick(METHODS)
  const target = method === 'OPTIONS' && random.chance(0.3) ? '*' : random.pick(TARGETS.slice(0, -1))
  const version = random.chance(0.08) ? 'HTTP/1.0' : 'HTTP/1.1'
  const fields = [field('Host', random.pick(['a', 'shop.example.com', 'shop.example.com:8080', '[2001:db8::1]:80']))]
  addOrdinary(random, fields, ORDINARY)
  const body = addBody(random, fields, method === 'POST' || method === 'PUT' || method === 'PATCH' ? 0.9 : 0.1)
  return { first: [method, target, version], fields, body }
}

/** One answer, sometimes with one before it. */
export function answerOf(random: Random): Message[] {
  const messages: Message[] = []
  if (random.chance(0.1)) messages.push({ first: ['HTTP/1.1', random.pick(INTERIM)], fields: [], body: '' })
  const fields: Field[] = []
  addOrdinary(random, fields, ANSWERING)
  const status = random.pick(STATUSES)
  const body = addBody(random, fields, /^(204|304|101)/.test(status) ? 0.1 : 0.9)
  const version = random.chance(0.1) ? 'HTTP/1.0' : 'HTTP/1.1'
  // Without a length it ends with the connection.
  const untilEnd = random.chance(0.1) ? 'until the end' : ''
  messages.push({ first: [version, status], fields, body: body === '' ? untilEnd : body })
  return messages
}

function addOrdinary(random: Random, fields: Field[], from: readonly (readonly [string, string])[]): void {
  const count = random.chance(0.01) ? 95 + random.below(12) : random.below(10)
  for (let index = 0; index < count; index++) fields.push(field(...random.pick(from)))
  if (random.chance(0.005)) fields.push(field('X-Long', 'a'.repeat(7_000 + random.below(12_000))))
}

function addBody(random: Random, fields: Field[], share: number): string {
  if (!random.chance(share)) return ''
  const place = random.below(fields.length + 1)
  if (random.chance(0.5)) {
    const body = dataOf(random)
    fields.splice(place, 0, field('Content-Length', String(body.length)))
    return body
  }
  fields.splice(place, 0, field('Transfer-Encoding', 'chunked'))
  return chunksOf(random)
}

function chunksOf(random: Random): string {
  let body = ''
  for (let count = random.below(4); count > 0; count--) {
    const data = dataOf(random)
    if (data === '') continue
    const size = data.length.toString(16)
    const written = random.chance(0.2) ? size.toUpperCase().padStart(random.below(8), '0') : size
    body += `${written}${random.chance(0.1) ? random.pick([';a', ';a=b', ';a="b c"', ';a=b;c']) : ''}\r\n${data}\r\n`
  }
  return body + '0\r\n' + (random.chance(0.1) ? 'X-Checksum: 1\r\n' : '') + '\r\n'
}

const DATA = [
  '',
  'x',
  '{"name":"a","tags":[1,2,3]}',
  'a=1&b=2',
  '\0\x01\x02\xff\r\n\r\n',
  'GET /inside HTTP/1.1\r\nHost: a\r\n\r\n',
  '0\r\n\r\n',
  'y'.repeat(300),
]

function dataOf(random: Random): string {
  return random.pick(DATA)
}

export function field(name: string, value: string): Field {
  return { name, between: ': ', value, end: '\r\n' }
}

export function textOf({ first, fields, body }: Message): string {
  let text = first.join(' ') + '\r\n'
  for (const { name, between, value, end } of fields) text += name + between + value + end
  return text + '\r\n' + body
}
