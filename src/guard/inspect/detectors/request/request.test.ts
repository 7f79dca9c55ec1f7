import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGuard } from '../../../guard.ts'
import type { InspectVerdict } from '../../verdict.ts'

const inspector = createGuard({ threats: 'block' }).inspect

interface Sent {
  readonly method?: string
  readonly target?: string
  readonly headers?: readonly string[]
  readonly body?: string
}

/** The verdict of the whole engine on a request with an ordinary browser's fields. */
function verdictOf({ method = 'GET', target = '/', headers = [], body }: Sent): InspectVerdict {
  const request = {
    method,
    target,
    client: '192.0.2.1',
    host: 'shop.example',
    headers: ['Host', 'shop.example', 'User-Agent', 'Mozilla/5.0', 'Accept', '*/*', ...headers],
  }
  const head = inspector.head(request)
  if (body === undefined || head.refused) return head
  const reader = inspector.body(request)
  assert.ok(reader !== null)
  const pushed = reader.push(Buffer.from(body))
  return pushed !== null && pushed.refused ? pushed : reader.end()
}

const rulesOf = (sent: Sent): readonly string[] => verdictOf(sent).evidence.map(({ rule }) => rule)

const form = ['Content-Type', 'application/x-www-form-urlencoded']
const multipart = ['Content-Type', 'multipart/form-data; boundary=x']
const part = (head: string, content = 'a'): string => `--x\r\n${head}\r\n\r\n${content}\r\n--x--\r\n`

const attacks: readonly [string, Sent][] = [
  ['protocol.method', { method: 'FOO' }],
  ['protocol.nul', { target: '/?a=b%00' }],
  ['protocol.never-utf8', { target: '/?a=%c0%af' }],
  ['protocol.request-range', { headers: ['Request-Range', 'bytes=0-1'] }],
  ['protocol.proxy-header', { headers: ['Proxy', 'http://evil.example'] }],
  ['protocol.internal-header', { headers: ['X-Middleware-Subrequest', 'middleware'] }],
  ['protocol.locking', { headers: ['Lock-Token', '<x>'] }],
  ['protocol.connection-repeats', { headers: ['Connection', 'keep-alive, close'] }],
  ['protocol.content-type', { headers: ['Content-Type', 'nonsense'] }],
  ['protocol.hidden-charset', { headers: ['Content-Type', 'text/html; charset=ibm037'] }],
  ['protocol.two-charsets', { headers: ['Content-Type', 'text/html; charset=utf-8; x="charset=latin1"'] }],
  ['protocol.boundary-type', { headers: ['Content-Type', 'text/plain; boundary="application/json"'] }],
  ['protocol.body-with-get', { headers: form, body: 'a=b' }],
  ['protocol.untyped-body', { method: 'POST', body: '{"a": 1}' }],
  [
    'resource.ranges',
    { headers: ['Range', `bytes=${Array.from({ length: 20 }, (_, at) => `${at}-${at}`).join(',')}`] },
  ],
  ['scanner.agent', { headers: ['User-Agent', 'sqlmap/1.8'] }],
  ['scanner.scanner', { headers: ['Acunetix-Aspect', 'enabled'] }],
  ['multipart.name', { method: 'POST', headers: multipart, body: part('Content-Disposition: form-data; name="a;b"') }],
  [
    'multipart.charset',
    {
      method: 'POST',
      headers: multipart,
      body: part('Content-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=utf-7'),
    },
  ],
  [
    'multipart.charset',
    { method: 'POST', headers: multipart, body: part('Content-Disposition: form-data; name="_charset_"', 'utf-7') },
  ],
  [
    'resource.depth',
    { method: 'POST', headers: ['Content-Type', 'application/json'], body: `${'['.repeat(120)}1${']'.repeat(120)}` },
  ],
]
for (const [rule, sent] of attacks)
  test(`request: ${rule} for ${JSON.stringify(sent).slice(0, 100)}`, () => {
    assert.ok(rulesOf(sent).includes(rule), rulesOf(sent).join())
    assert.ok(verdictOf(sent).refused)
  })

const harmless: readonly Sent[] = [
  { method: 'OPTIONS' },
  { method: 'DELETE', target: '/api/items/1' },
  { target: '/?city=M%FCnchen' },
  { headers: ['Range', 'bytes=0-1023'] },
  { headers: ['Connection', 'keep-alive, Upgrade', 'Upgrade', 'websocket'] },
  { headers: ['Accept-Encoding', 'gzip, deflate, br, zstd'] },
  { headers: ['Content-Type', 'application/json; charset=utf-8'] },
  { method: 'POST', headers: ['Content-Type', 'application/vnd.api+json'], body: '{"a": 1}' },
  { headers: ['Content-Type', 'application/json'], body: '{"query": "x"}' },
  {
    method: 'POST',
    headers: multipart,
    body: part('Content-Disposition: form-data; name="f"; filename="Anna\'s; b.pdf"'),
  },
]
for (const sent of harmless)
  test(`request: ${JSON.stringify(sent).slice(0, 100)} passes`, () => assert.equal(verdictOf(sent).refused, false))
