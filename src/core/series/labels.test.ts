import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileMatchers, seriesKey } from './labels.ts'

void test('the key of a series does not depend on the order of its labels, nor on empty ones', () => {
  assert.equal(seriesKey('up', {}), 'up')
  assert.equal(
    seriesKey('up', { service: 'api', instance: 'a"b\\c\n', zone: '' }),
    'up{instance="a\\"b\\\\c\\n",service="api"}',
  )
  assert.equal(seriesKey('up', { b: '1', a: '2' }), seriesKey('up', { a: '2', b: '1' }))
})

void test('matchers see an absent label as empty, and patterns match the whole value', () => {
  const says = (op: '=' | '!=' | '=~' | '!~', value: string, labels: Record<string, string>): boolean =>
    compileMatchers([{ label: 'service', op, value }])(labels)
  assert.equal(says('=', 'api', { service: 'api' }), true)
  assert.equal(says('=', '', {}), true)
  assert.equal(says('!=', '', {}), false)
  assert.equal(says('=~', 'ap', { service: 'api' }), false)
  assert.equal(says('=~', 'a|api', { service: 'api' }), true)
  assert.equal(says('=~', 'ap|pi', { service: 'api' }), false)
  assert.equal(says('=~', 'a.i', { service: 'a\ni' }), true)
  assert.equal(says('!~', 'web|.*i', { service: 'api' }), false)
  assert.equal(says('!~', '.+', {}), true)
})
