/**
 * What reading a head costs: `npm run bench:http1`. CPU time of this process in nanoseconds a head, median of interleaved batches.
 * Below it, what the bare proof of the field lines costs in the three ways that were tried for it, without a string for the head and
 * without any field that means something: this is what the reader's way was chosen by. A figure above its bar ends it with 1.
 */
import { dropSet, RequestHead, RequestReader } from '../src/http1/index.ts'

const BATCHES = 25
const HEADS_A_BATCH = 20_000
/** Of everything a forwarded request needs from its head. */
const BAR_NS = 1_500

const HEADS = {
  minimal: 'GET /api/users/42 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\n\r\n',
  browser: [
    'GET /api/users/42?include=orders HTTP/1.1',
    'Host: shop.example.com',
    'Connection: keep-alive',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9,de;q=0.8,fr-FR;q=0.7,fr;q=0.6',
    'Referer: https://shop.example.com/orders/overview?page=2&sort=newest',
    'Cookie: session=8b1d4c2f0a6e4b7c9d3f; theme=dark; consent=all; visit=1234567890.1700000000; cart=12; seen=a-b-c',
    'Sec-Fetch-Dest: document',
    'Sec-Fetch-Mode: navigate',
    'Sec-Fetch-Site: same-origin',
    'Priority: u=0, i',
    'Cache-Control: max-age=0',
    '\r\n',
  ].join('\r\n'),
}

const reader = new RequestReader()
const head = new RequestHead()
const drop = dropSet(['x-forwarded-for', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'x-request-id', 'traceparent'])
const offsets = new Int32Array(400)

const WAYS: Readonly<Record<string, (bytes: Buffer) => number>> = {
  read: (bytes) => reader.push(bytes, 0, bytes.length, head),
  'read, path, host, end-to-end fields': (bytes) =>
    reader.push(bytes, 0, bytes.length, head) + head.path.length + head.host.length + head.endToEnd(drop).length,
  'bare proof over bytes': (bytes) => byBytes(bytes) + bytes.toString('latin1').length,
  'bare proof by an anchored expression': (bytes) => byExpression(bytes.toString('latin1')),
  'bare proof over characters': (bytes) => byCharacters(bytes.toString('latin1')),
}

const EXPRESSION = /^[A-Z]+ [!-"$-~]+ HTTP\/1\.[01]\r\n(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~\x80-\xff]*\r\n)*\r\n$/

function byExpression(text: string): number {
  if (!EXPRESSION.test(text)) return -1
  let field = 0
  for (let at = text.indexOf('\n') + 1; text.charCodeAt(at) !== 13;) {
    const colon = text.indexOf(':', at)
    const end = text.indexOf('\r', colon)
    offsets[field++] = at
    offsets[field++] = colon
    offsets[field++] = end
    at = end + 2
  }
  return field
}

const CLASSES = Uint8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code)
  return (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(character) ? 1 : 0) + (/[\t -~\x80-\xff]/.test(character) ? 2 : 0)
})

function byBytes(bytes: Buffer): number {
  let field = 0
  for (let at = bytes.indexOf(10) + 1; bytes[at] !== 13;) {
    offsets[field++] = at
    while ((CLASSES[bytes[at]!]! & 1) !== 0) at++
    if (bytes[at] !== 58) return -1
    offsets[field++] = at++
    while ((CLASSES[bytes[at]!]! & 2) !== 0) at++
    if (bytes[at] !== 13 || bytes[at + 1] !== 10) return -1
    offsets[field++] = at
    at += 2
  }
  return field
}

function byCharacters(text: string): number {
  let field = 0
  for (let at = text.indexOf('\n') + 1; text.charCodeAt(at) !== 13;) {
    offsets[field++] = at
    while ((CLASSES[text.charCodeAt(at)]! & 1) !== 0) at++
    if (text.charCodeAt(at) !== 58) return -1
    offsets[field++] = at++
    while ((CLASSES[text.charCodeAt(at)]! & 2) !== 0) at++
    if (text.charCodeAt(at) !== 13 || text.charCodeAt(at + 1) !== 10) return -1
    offsets[field++] = at
    at += 2
  }
  return field
}

let missed = false
for (const [name, text] of Object.entries(HEADS)) {
  // Several copies, so that no single one stays in the nearest cache by being the only one.
  const copies = Array.from({ length: 64 }, () => Buffer.from(text, 'latin1'))
  const times = new Map<string, number[]>(Object.keys(WAYS).map((way) => [way, []]))
  for (let batch = 0; batch < BATCHES; batch++) {
    for (const [way, read] of Object.entries(WAYS)) {
      const before = process.cpuUsage()
      for (let index = 0; index < HEADS_A_BATCH; index++) {
        if (read(copies[index & 63]!) <= 0) throw new Error(`${way} does not read the ${name} head`)
      }
      const { user, system } = process.cpuUsage(before)
      times.get(way)!.push(((user + system) * 1000) / HEADS_A_BATCH)
    }
  }
  console.log(`${name} head, ${text.length} bytes`)
  for (const [way, values] of times) {
    const median = values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!
    console.log(`  ${way.padEnd(40)} ${median.toFixed(0).padStart(6)} ns`)
    if (way.startsWith('read,') && median > BAR_NS) missed = true
  }
}
console.log(`bar: ${BAR_NS} ns for a browser's head with all that is taken from it: ${missed ? 'missed' : 'held'}`)
process.exit(missed ? 1 : 0)
