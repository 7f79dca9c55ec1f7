import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Release } from './release.ts'
import { filesMoved } from './moved.ts'
import type { Source } from './source.ts'

const CREATED_AT = 1_000_000
const release = { createdAt: CREATED_AT, config: { services: { web: { path: './site' } } } } as unknown as Release

function details(changedAtMs: Readonly<Record<string, number>>): readonly string[] {
  const files = Object.entries(changedAtMs).map(([path, at]) => ({ path, changedAtMs: CREATED_AT + at }))
  return filesMoved(release, 'web', { files } as unknown as Source).details
}

test('the newest files are named, as the project has them, and the others counted', () => {
  assert.deepEqual(details({ 'old.js': -60_000, 'a.log': 5, 'lib/b.log': 9 }), [
    'site/lib/b.log is newer than the plan',
    'site/a.log is newer than the plan',
  ])
  const many = details({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, old: -60_000 })
  assert.equal(many.length, 6)
  assert.equal(many[0], 'site/g is newer than the plan')
  assert.equal(many[5], 'and 2 more')
})

test('where nothing is newer, something was removed', () => {
  assert.deepEqual(details({ 'old.js': -60_000 }), ['no file is newer than the plan: some were removed'])
})
