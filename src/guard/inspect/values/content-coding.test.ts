import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { createGuard } from '../../guard.ts'
import type { InspectVerdict } from '../verdict.ts'
import { DECODED_BYTES_MAX } from './content-coding.ts'

const JSON_TYPE = ['Content-Type', 'application/json']
const { inspect } = createGuard({
  threats: 'block',
  exceptions: [{ class: 'protocol', at: '/ingest body', why: 'takes large logs' }],
})

function verdictOf(coding: readonly string[], body: Buffer, target = '/'): InspectVerdict {
  const fields = coding.flatMap((one) => ['Content-Encoding', one])
  const headers = ['Host', 'a', ...JSON_TYPE, ...fields]
  const judge = inspect.body({ method: 'POST', target, client: '192.0.2.7', headers, host: 'a' })!
  for (let start = 0; start < body.length; start += 10_000) judge.push(body.subarray(start, start + 10_000))
  return judge.end()
}

const ATTACK = Buffer.from(JSON.stringify({ path: '; cat /etc/passwd', text: '<script>alert(1)</script>' }))
const HARMLESS = Buffer.from(JSON.stringify({ text: 'word and word. '.repeat(10_000) }))

void test('a body is judged as the application reads it, whatever its coding', () => {
  for (const [coding, code] of [
    ['gzip', gzipSync],
    ['X-Gzip ', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['identity', (bytes: Buffer) => bytes],
  ] as const) {
    assert.ok(verdictOf([coding], code(ATTACK)).refused, coding)
    assert.deepEqual(verdictOf([coding], code(HARMLESS)).evidence, [], coding)
  }
})

void test('what cannot be decoded within bounds is refused, unless the route takes it', () => {
  const bomb = gzipSync(Buffer.alloc(DECODED_BYTES_MAX + 1, 'a'))
  const random = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 2_654_435_761) >>> 24))
  for (const [coding, body] of [
    [['gzip'], HARMLESS],
    [['gzip'], bomb],
    [['gzip'], random],
    [['compress'], HARMLESS],
    [['gzip, gzip'], gzipSync(gzipSync(HARMLESS))],
    [['gzip', 'gzip'], gzipSync(HARMLESS)],
  ] as const) {
    const { refused, evidence } = verdictOf(coding, body)
    assert.deepEqual([refused, evidence.map(({ rule }) => rule)], [true, ['protocol.coded-body']], coding.join())
    assert.equal(verdictOf(coding, body, '/ingest').refused, false, coding.join())
  }
})
