import assert from 'node:assert/strict'
import { test } from 'node:test'
import { factsOf } from './request-testing.ts'
import { openRedirect } from './open-redirect.ts'
import { hostOf } from './url-host.ts'

function told(name: string, text: string): string[] {
  const rules: string[] = []
  openRedirect.head!(factsOf({ parameters: [['query', name, text]] }), ({ rule, score }) =>
    rules.push(`${rule} ${score}`),
  )
  return rules
}

test('another host in a parameter that redirects is weak: sign-in does that every day', () => {
  assert.deepEqual(told('redirect_uri', 'https://other.example/cb'), ['open-redirect.host 20'])
  assert.deepEqual(told('next', 'https://shop.example/cart'), [])
  assert.deepEqual(told('next', '/cart?from=https://other.example'), [])
  assert.deepEqual(told('comment', 'https://other.example/'), [])
})

test('a host that checks overlook is strong', () => {
  for (const text of [
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'https:evil.example',
    'https:///evil.example',
    'https://shop.example@evil.example/',
  ]) {
    assert.deepEqual(told('next', text), ['open-redirect.disguise 60'], text)
  }
  for (const text of ['/a//b', '/', '//', 'http', 'https://shop.example/@anna'])
    assert.deepEqual(told('next', text), [], text)
})

test('the host of a URL is read as browsers read it', () => {
  assert.equal(hostOf('https://Shop.example:8443/a'), 'shop.example')
  assert.equal(hostOf('https:\\\\evil.example\\a'), 'evil.example')
  assert.equal(hostOf('https://shop.example@evil.example/'), 'evil.example')
  assert.equal(hostOf('/a'), '')
})
