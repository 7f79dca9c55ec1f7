import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBodyReader } from './body.ts'
import { readCookies } from './cookies.ts'
import { looksLikeGraphql, readGraphql } from './graphql.ts'
import { boundaryOf } from './multipart.ts'
import type { ValueSink } from './sink.ts'
import { readParameters, readPath } from './target.ts'

/** Everything found, one line each: `place name = text`, keys as `place name:`. */
function collector(): { readonly sink: ValueSink; readonly lines: string[] } {
  const lines: string[] = []
  return {
    lines,
    sink: {
      value: (location, name, text) => void lines.push(`${location} ${name} = ${text}`),
      key: (location, path) => void lines.push(`${location} ${path}:`),
    },
  }
}

function found(read: (sink: ValueSink) => void): string[] {
  const { sink, lines } = collector()
  read(sink)
  return lines
}

/** The values of a body, in one piece or in two cut at `cut`; and the facts. */
function bodyOf(
  contentType: string,
  body: string | Buffer,
  cut?: number,
): { values: string[]; faults: readonly string[]; format: string; depth: number } {
  const bytes = Buffer.from(body as string)
  const { sink, lines } = collector()
  const reader = createBodyReader(contentType, cut === undefined ? bytes : bytes.subarray(0, Math.max(cut, 64)), sink)
  if (cut === undefined) reader.write(bytes)
  else for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) if (part.length > 0) reader.write(part)
  reader.end()
  const { faults, format, depth } = reader.facts
  return { values: lines.filter((line) => line.includes(' = ')), faults, format, depth }
}

void test('a path is one value, and so are those of its segments that are more than a name', () => {
  assert.deepEqual(
    found((sink) => readPath('/a/b.c/%27x/0123456789abcdef', sink)),
    ["path  = /a/b.c/'x/0123456789abcdef", "path 2 = 'x", 'path 3 = 0123456789abcdef'],
  )
})

void test('parameters are separated by & alone, may lack a value, and come as often as they stand there', () => {
  const lines = found((sink) => readParameters('a=1;b&a=%32&c&&=x&d%5B%5D=+', 'query', sink))
  assert.deepEqual(lines, [
    'query a:',
    'query a = 1;b',
    'query a:',
    'query a = 2',
    'query c:',
    'query :',
    'query  = x',
    'query d[]:',
    'query d[] =  ',
  ])
})

void test('cookies are split, unquoted and decoded', () => {
  const lines = found((sink) => readCookies('a=1; b="x%3By";c ; =d; e=f=g', sink))
  assert.deepEqual(lines, [
    'cookie a:',
    'cookie a = 1',
    'cookie b:',
    'cookie b = x;y',
    'cookie  = c',
    'cookie  = d',
    'cookie e:',
    'cookie e = f=g',
  ])
})

void test('JSON gives its strings with their paths, duplicates included, and what no JSON has as well', () => {
  const { values, faults, depth } = bodyOf(
    'application/json',
    '{"a":{"b":["x",1,"\\u0027\\n"]},"a":"y","c":[[],[{"d":"z"}]]}',
  )
  assert.deepEqual(values, ['json a.b.0 = x', "json a.b.2 = '\n", 'json a = y', 'json c.1.0.d = z'])
  assert.deepEqual([faults, depth], [[], 4])
  assert.deepEqual(bodyOf('application/json', '{a: 1 or 2, \'b\': "c" // d\n}').values, [
    'json a = 1 or 2',
    "json 'b' = c",
    "json 'b' = // d",
  ])
  assert.deepEqual(bodyOf('application/json', '["a\\"b", "c\\\\", "d"]').values, [
    'json 0 = a"b',
    'json 1 = c\\',
    'json 2 = d',
  ])
  assert.deepEqual(bodyOf('application/json', '{a: b}').faults, ['json.malformed'])
  assert.deepEqual(bodyOf('application/json', '{"a": "x').values, ['json a = x'])
  assert.deepEqual(bodyOf('application/json', '\ufeff"just text"').values, ['json  = just text'])
})

void test('XML gives texts and attributes as a parser joins them, and its declarations whole', () => {
  const { values, depth } = bodyOf(
    'application/xml',
    '<?xml version="1.0"?><a:x b="&lt;1" xmlns:a="u"><y>t<!-- c -->&amp;u<![CDATA[<v>]]></y><z c=\'2\'/></a:x>',
  )
  assert.deepEqual(values, ['xml x.@b = <1', 'xml x.y = t&u<v>', 'xml x.z.@c = 2'])
  assert.equal(depth, 2)
  assert.deepEqual(bodyOf('text/xml', '<!DOCTYPE a [<!ENTITY b SYSTEM "x>y">]><a>&b;</a>').values, [
    'xml !doctype = <!DOCTYPE a [<!ENTITY b SYSTEM "x>y">]>',
    'xml a = &b;',
  ])
  assert.deepEqual(bodyOf('application/xml', '<a>1 < 2</a>').faults, ['xml.malformed'])
  assert.deepEqual(bodyOf('application/xml', 'no markup').faults, ['xml.no-xml'])
  assert.deepEqual(bodyOf('application/xml', '<a/>tail').faults, ['xml.no-xml'])
  assert.deepEqual(
    bodyOf('application/xml', '<p><script>x</script></p>').values[0],
    'xml !markup = <script>x</script></p>',
  )
  assert.deepEqual(bodyOf('image/svg+xml', '<svg viewBox="0 0 1 1"><a href="/b"/></svg>').values, [
    'xml svg.@viewBox = 0 0 1 1',
    'xml svg.a.@href = /b',
  ])
  for (const tag of ['<svg onload="x"/>', '<a href="java&#x0a;script:x"/>', '<p onmouseover = "x"/>', '<SCRIPT/>']) {
    assert.ok(bodyOf('application/xml', tag).values.includes(`xml !markup = ${tag}`), tag)
  }
})

const MULTIPART = 'multipart/form-data; boundary="b c"'
const part = (head: string, content: string): string => `--b c\r\n${head}\r\n\r\n${content}\r\n`
const field = (name: string, content: string): string => part(`Content-Disposition: form-data; name="${name}"`, content)

void test('multipart gives fields and file names, not the files', () => {
  const body = `${field('a', 'x\r\n--b')}${part('Content-Disposition: form-data; name="f"; filename="o\'k.txt"\r\nContent-Type: text/plain', "' or 1=1")}${field('c', '')}--b c--\r\n`
  const { values, faults, format } = bodyOf(MULTIPART, body)
  assert.deepEqual(values, ['multipart a = x\r\n--b', 'multipart :content-type = text/plain', "file-name f = o'k.txt"])
  assert.deepEqual([faults, format], [[], 'multipart'])
})

void test('what another reader of multipart might take differently is a fault by name', () => {
  const end = '--b c--\r\n'
  const cases: readonly [body: string, fault: string][] = [
    [field('a', 'x'), 'multipart.no-end'],
    ['nothing', 'multipart.no-part'],
    [`${field('a', 'x')}${end}more`, 'multipart.after-end'],
    [`text\r\n${field('a', 'x')}${end}`, 'multipart.preamble'],
    [`--b c x\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n${end}`, 'multipart.boundary-line'],
    [`${field('a', 'x').replaceAll('\r\n', '\n')}${end}`, 'multipart.bare-lf'],
    [`${part('Content-Disposition : form-data; name="a"', 'x')}${end}`, 'multipart.header-line'],
    [`${part('Content-Type: text/plain', 'x')}${end}`, 'multipart.no-disposition'],
    [
      `${part('Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"', 'x')}${end}`,
      'multipart.two-dispositions',
    ],
    [`${part('Content-Disposition: form-data; name="a"; name="b"', 'x')}${end}`, 'multipart.two-names'],
    [
      `${part('Content-Disposition: form-data; name="a"; filename="b"; filename="c"', 'x')}${end}`,
      'multipart.two-names',
    ],
    [`--b c\r\n${'a: b\r\n'.repeat(2000)}\r\nx\r\n${end}`, 'multipart.head'],
  ]
  for (const [body, fault] of cases)
    assert.ok(bodyOf(MULTIPART, body).faults.includes(fault), `${fault} in ${body.slice(0, 80)}`)
})

void test('a file whose name comes in both forms, as .NET sends it, is in order', () => {
  const disposition = `Content-Disposition: form-data; name=f; filename="a.txt"; filename*=utf-8''a.txt`
  const body = bodyOf(MULTIPART, `${part(disposition, 'x')}--b c--\r\n`)
  assert.deepEqual(body.faults, [])
  assert.ok(
    body.values.some((value) => value.includes('a.txt')),
    String(body.values),
  )
})

void test('a boundary is taken only when there is exactly one that RFC 2046 allows', () => {
  assert.equal(boundaryOf('multipart/form-data; boundary=abc'), 'abc')
  assert.equal(boundaryOf('multipart/form-data; boundary="a b"; charset=x'), 'a b')
  for (const type of [
    'multipart/form-data',
    'm/f; boundary=',
    'm/f; boundary=a; boundary=b',
    `m/f; boundary=${'a'.repeat(71)}`,
    'm/f; boundary="a "',
  ]) {
    assert.equal(boundaryOf(type), null, type)
  }
})

void test('of a GraphQL document only what is written in quotes is a value', () => {
  const document = 'query q($a: ID!) { u(id: $a, name: "x\\"y") { t(s: """z""") # c\n } }'
  assert.equal(looksLikeGraphql(document), true)
  assert.deepEqual(
    found((sink) => readGraphql(document, sink)),
    ['graphql name = x\\"y', 'graphql s = z'],
  )
  for (const text of ["query ' or 1=1", '{a; b}', 'select {a}', '{a <b>}', 'query%20'])
    assert.equal(looksLikeGraphql(text), false, text)
})

void test('the format is what it says, and what it looks like where it says nothing of use', () => {
  const cases: readonly [type: string, body: string | Buffer, format: string][] = [
    ['', '{"a":1}', 'json'],
    ['text/plain', ' [1]', 'json'],
    ['text/plain', '<a/>', 'xml'],
    ['', 'a=1&b=2', 'form'],
    ['text/plain', 'some words = 1', 'text'],
    ['application/vnd.api+json', '{"a":1}', 'json'],
    ['application/x-www-form-urlencoded', '{"a":1}', 'json'],
    ['application/x-www-form-urlencoded', 'a', 'form'],
    ['application/graphql', '{a}', 'graphql'],
    ['image/svg+xml', '<svg/>', 'xml'],
    ['image/png', Buffer.from([137, 80, 78, 71, 0, 0]), 'binary'],
    ['image/png', '<?xml version="1.0"?><a/>', 'xml'],
    ['application/octet-stream', Buffer.from([0, 0, 1, 0, 7]), 'binary'],
    ['application/octet-stream', 'words', 'text'],
    ['multipart/form-data', 'a=1', 'form'],
  ]
  for (const [type, body, format] of cases) assert.equal(bodyOf(type, body).format, format, `${type} ${String(body)}`)
})

void test('UTF-16 is read as such, by mark, by charset and by its zeros', () => {
  const little = Buffer.from('<a>ü</a>', 'utf16le')
  const big = Buffer.from(little).swap16()
  const cases: readonly [type: string, bytes: Buffer][] = [
    ['text/xml; charset=utf-16le', little],
    ['text/xml; charset=utf-16be', big],
    ['text/xml', Buffer.concat([Buffer.from([0xff, 0xfe]), little])],
    ['text/xml', Buffer.concat([Buffer.from([0xfe, 0xff]), big])],
    ['text/xml', little],
    ['text/xml', big],
  ]
  for (const [type, bytes] of cases) assert.ok(bodyOf(type, bytes).values.includes('xml a = ü'), type)
})

void test('a body gives the same values wherever it is cut in two', () => {
  const bodies: readonly [type: string, body: string][] = [
    ['application/json', '{"é€😀":["a\\u0041\\\\","b"],"c":{"d":null,"e":"\\"x"},"f":tru, "g":"h"}'],
    ['application/xml', '<?xml version="1.0"?><!DOCTYPE a><a b="é"><c>t<!-- x -->&amp;u<![CDATA[<v>]]></c><d/></a>'],
    ['application/x-www-form-urlencoded', 'a=%C3%A9&b=é&c&d=1'],
    ['text/plain', 'plain é text'],
    [
      MULTIPART,
      `${field('a', 'é')}${part('Content-Disposition: form-data; name="f"; filename="n"\r\nX: y', 'file')}${field('c', 'x\r\n--b')}--b c--\r\n`,
    ],
  ]
  for (const [type, body] of bodies) {
    const whole = bodyOf(type, body)
    assert.ok(whole.values.length > 0)
    for (let cut = 0; cut <= Buffer.byteLength(body); cut++)
      assert.deepEqual(bodyOf(type, body, cut), whole, `${type} cut at ${cut}`)
  }
})

void test('a value longer than is waited for is judged in parts, all of it', () => {
  const long = 'x'.repeat(200_000)
  for (const [type, body] of [
    ['application/json', `{"a":"${long}"}`],
    ['application/x-www-form-urlencoded', `a=${long}`],
    ['text/plain', long],
    [MULTIPART, `${field('a', long)}--b c--\r\n`],
  ] as const) {
    const { sink, lines } = collector()
    const bytes = Buffer.from(body)
    const reader = createBodyReader(type, bytes, sink)
    for (let start = 0; start < bytes.length; start += 20_000) reader.write(bytes.subarray(start, start + 20_000))
    reader.end()
    const seen = lines.join('').replaceAll(/[^x]/g, '').length
    assert.ok(seen >= long.length, `${type}: ${seen}`)
  }
})
