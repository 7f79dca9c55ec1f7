import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SECURE_HEADERS, securityHeaders } from './security-headers.ts'

const HSTS = 'Strict-Transport-Security'

void test('every field is put on an answer, HSTS over TLS alone', () => {
  const put = securityHeaders({})
  const overTls: string[] = []
  put(overTls, true)
  assert.deepEqual(asObject(overTls), SECURE_HEADERS)
  const overPlain = ['Content-Type', 'text/html']
  put(overPlain, false)
  const { [HSTS]: _, ...others } = SECURE_HEADERS
  assert.deepEqual(asObject(overPlain), { 'Content-Type': 'text/html', ...others })
})

void test("an app's own field goes before a default, in whatever case, and is there once", () => {
  const headers = ['content-security-policy', "default-src 'none'", 'x-FRAME-options', 'SAMEORIGIN']
  securityHeaders({})(headers, false)
  const names = headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  assert.equal(new Set(names).size, names.length)
  assert.equal(asObject(headers)['content-security-policy'], "default-src 'none'")
  assert.equal(asObject(headers)['x-FRAME-options'], 'SAMEORIGIN')
})

void test('an override stands whatever the app says, however often; false leaves the field to the app', () => {
  const put = securityHeaders({ 'x-frame-options': 'SAMEORIGIN', 'Referrer-Policy': false, 'X-Own': '1' })
  const headers = ['X-Frame-Options', 'ALLOWALL', 'X-Frame-Options', 'DENY']
  put(headers, false)
  assert.deepEqual(
    headers.filter((_, index) => headers[index - 1]?.toLowerCase() === 'x-frame-options'),
    ['SAMEORIGIN'],
  )
  assert.equal(asObject(headers)['Referrer-Policy'], undefined)
  assert.equal(asObject(headers)['X-Own'], '1')
  const own = ['Referrer-Policy', 'unsafe-url']
  put(own, false)
  assert.equal(asObject(own)['Referrer-Policy'], 'unsafe-url')
})

void test('the same field by field, for an answer that is not taken apart', () => {
  const put = securityHeaders({ 'Referrer-Policy': 'no-referrer' })
  const replaced = new Map<string, string>()
  const replace = (name: string, value: string): void => void replaced.set(name.toLowerCase(), value)
  const replaceAll = (pairs: readonly string[]): void => {
    for (const [name, value] of Object.entries(asObject(pairs))) replace(name, value)
  }
  for (const own of [{ 'x-frame-options': 'SAMEORIGIN', 'referrer-policy': 'origin' }, { 'x-own': '1' }]) {
    replaced.clear()
    put({ get: (name) => Object.entries(own).find(([one]) => one === name)?.[1], replace, replaceAll }, false)
    const pairs: string[] = Object.entries(own).flat()
    put(pairs, false)
    const lowered = Object.fromEntries(
      Object.entries(asObject(pairs)).map(([name, value]) => [name.toLowerCase(), value]),
    )
    assert.deepEqual({ ...own, ...Object.fromEntries(replaced) }, lowered)
  }
})

function asObject(headers: readonly string[]): Record<string, string> {
  return Object.fromEntries(headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]!]] : [])))
}
