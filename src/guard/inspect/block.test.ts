/** Fields that come as one text are judged once: nothing but time may tell the difference. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GuardRequest } from '../request.ts'
import { randomFrom } from '../../../test/seeded/random.ts'
import { createInspector } from './inspector.ts'

const POLICY = { threats: 'block', routes: [], exceptions: [] } as const

function requestOf(parts: {
  method?: string
  target?: string
  host?: string
  headers: readonly string[]
}): GuardRequest {
  return { method: 'GET', target: '/', host: 'shop.example', client: '192.0.2.1', ...parts }
}

function withText(request: GuardRequest): GuardRequest {
  const { headers } = request
  let fields = ''
  for (let index = 0; index < headers.length; index += 2) fields += `${headers[index]}: ${headers[index + 1]}\r\n`
  return { ...request, fields }
}

const BROWSER = ['Host', 'shop.example', 'User-Agent', 'Mozilla/5.0 (X11; Linux x86_64)', 'Accept', '*/*']
const PIECES: readonly (readonly string[])[] = [
  [],
  ['Cookie', 'theme=dark; basket=17'],
  ['Cookie', "theme=' OR 1=1 --"],
  ['X-Note', '<script>alert(document.cookie)</script>'],
  ['X-Note', 'two < three'],
  ['Proxy', 'http://192.0.2.9/'],
  ['Content-Encoding', 'gzip'],
  ['Lock-Token', '<urn:uuid:1>'],
  ['Range', 'bytes=0-1,2-3,4-5,6-7,8-9,10-11,12-13,14-15,16-17,18-19,20-21,22-23,24-25,26-27,28-29,30-31,32-33'],
]
const TARGETS = ['/', '/report.pdf', '/items?id=1', "/items?id=1'+union+select+password+from+users--", '/a%00b']

test('with and without the text every request gets the same verdict, whatever was judged before', () => {
  const random = randomFrom(20261121)
  const withBlocks = createInspector(POLICY)
  let refused = 0
  for (let round = 0; round < 4_000; round++) {
    const headers = [
      ...(random.chance(0.9) ? BROWSER : BROWSER.slice(2)),
      ...random.pick(PIECES),
      ...(random.chance(0.2) ? random.pick(PIECES) : []),
    ]
    const request = requestOf({
      method: random.pick(['GET', 'POST', 'GET', 'PUT', 'ODD']),
      target: random.pick(TARGETS),
      host: random.chance(0.9) ? 'shop.example' : '',
      headers,
    })
    const expected = createInspectorOnce().head(request)
    assert.deepEqual(withBlocks.head(withText(request)), expected, JSON.stringify(request))
    if (expected.refused) refused += 1
  }
  assert.ok(refused > 400 && refused < 3_600, `${refused} refused`)
})

test('fields that were clean are not cut out again; under another method, or with one byte changed, they are', () => {
  const inspector = createInspector(POLICY)
  let cuts = 0
  const asking = (headers: readonly string[], method = 'GET'): GuardRequest => {
    const { fields } = withText(requestOf({ headers }))
    return {
      ...requestOf({ headers, method }),
      fields: fields!,
      get headers() {
        cuts += 1
        return headers
      },
    }
  }
  const cutsOf = (request: GuardRequest): number => {
    const before = cuts
    inspector.head(request)
    return cuts - before
  }
  assert.ok(cutsOf(asking(BROWSER)) > 0)
  assert.equal(cutsOf(asking(BROWSER)), 0)
  assert.ok(cutsOf(asking(BROWSER, 'POST')) > 0)
  assert.ok(cutsOf(asking([...BROWSER.slice(0, -1), '*/?'])) > 0)
  const attack = [...BROWSER, 'X-Note', '<script>alert(document.cookie)</script>']
  for (let round = 0; round < 3; round++) assert.ok(cutsOf(asking(attack)) > 0)
  // Every request with fields of its own: after a while none of them is looked for, and later it is tried again.
  for (let round = 0; round < 200; round++) inspector.head(asking([...BROWSER, 'X-Request-Id', String(round)]))
  assert.ok(cutsOf(asking(BROWSER)) > 0)
  for (let round = 0; round < 1_100; round++) inspector.head(asking(BROWSER))
  assert.equal(cutsOf(asking(BROWSER)), 0)
})

/** One that remembers nothing of other requests. */
function createInspectorOnce(): ReturnType<typeof createInspector> {
  plain.forget()
  return plain
}

const plain = createInspector(POLICY)
