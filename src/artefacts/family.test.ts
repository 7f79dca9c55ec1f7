import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResolvedApp } from '../config/resolved.ts'
import { filesOf, withHeader, type Artefact, type Family } from './family.ts'

void test('a file says what made it and from what, once for each', () => {
  const because = ['promises.trade', 'needs.db', 'promises.trade'].map((from) => ({ what: 'groups', from }))
  const text = withHeader({ path: 'rules.yml', text: 'groups: []\n', comment: '#', because }, 'seaworthy 1.2.3')
  assert.match(text, /^# Made by seaworthy 1\.2\.3 from promises\.trade, needs\.db\. .*\ngroups: \[\]\n$/)
  assert.equal(withHeader({ path: 'a.json', text: '{}', comment: null, because }, 'seaworthy 1.2.3'), '{}')
})

void test('families write beside each other, and never the same file', () => {
  const file = (path: string): Artefact => ({ path, text: path, comment: null, because: [] })
  const family = (...paths: string[]): Family => ({
    name: 'monitoring',
    about: '',
    files: () => paths.map(file),
    checks: () => [],
    figures: () => [],
  })
  const app = { name: 'shop' } as ResolvedApp
  assert.deepEqual(
    [...filesOf([family('a', 'b'), family('c')], app, '')],
    [
      ['a', 'a'],
      ['b', 'b'],
      ['c', 'c'],
    ],
  )
  assert.throws(() => filesOf([family('a'), family('a')], app, ''), /two families write a/)
})
