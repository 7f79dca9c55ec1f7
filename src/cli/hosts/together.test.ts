import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Together } from './together.ts'

const READY = { kind: 'ready' } as const
const KEPT = { kind: 'switched', kept: true } as const
const WENT_BACK = { kind: 'switched', kept: false } as const
const words = (told: ReturnType<Together['heard']>): readonly string[] =>
  told.map(({ host, message }) => `${host} ${message.kind}${'because' in message ? `: ${message.because}` : ''}`)

test('nobody goes before all are ready, and all stay when all have kept it', () => {
  const all = new Together(['a', 'b', 'c'])
  assert.deepEqual(words(all.heard('a', READY)), [])
  assert.deepEqual(words(all.heard('b', READY)), [])
  assert.deepEqual(words(all.heard('c', READY)), ['a go', 'b go', 'c go'])
  assert.deepEqual(words(all.heard('b', KEPT)), [])
  assert.deepEqual(words(all.heard('a', KEPT)), [])
  assert.deepEqual(words(all.heard('c', KEPT)), ['a keep', 'b keep', 'c keep'])
})

test('one refusal is for all: for those that are ready, and for those that come to be', () => {
  const all = new Together(['a', 'b', 'c'])
  all.heard('a', READY)
  assert.deepEqual(words(all.ended('b', 1)), ['a refuse: b has refused it'])
  assert.deepEqual(words(all.heard('c', READY)), ['c refuse: b has refused it'])
  assert.deepEqual(words(all.ended('a', 1)), [])
})

test('whoever has nothing to do is not waited for', () => {
  const all = new Together(['a', 'b'])
  assert.deepEqual(words(all.ended('a', 0)), [])
  assert.deepEqual(words(all.heard('b', READY)), ['b go'])
  assert.deepEqual(words(all.heard('b', KEPT)), ['b keep'])
})

test('where one goes back all do, once each, also who had kept it already', () => {
  const all = new Together(['a', 'b', 'c'])
  for (const host of ['a', 'b', 'c']) all.heard(host, READY)
  all.heard('a', KEPT)
  assert.deepEqual(words(all.heard('b', WENT_BACK)), ['a back: b has gone back', 'c back: b has gone back'])
  assert.deepEqual(words(all.ended('b', 1)), [])
  assert.deepEqual(words(all.heard('c', WENT_BACK)), [])
})

test('a failure behind the switch takes the others back', () => {
  const all = new Together(['a', 'b'])
  for (const host of ['a', 'b']) all.heard(host, READY)
  assert.deepEqual(words(all.ended('a', 1)), ['b back: a has failed'])
})

test('after an interruption nobody is told anything', () => {
  const all = new Together(['a', 'b'])
  for (const host of ['a', 'b']) all.heard(host, READY)
  all.left()
  assert.deepEqual(words(all.ended('a', 1)), [])
  assert.deepEqual(words(all.heard('b', KEPT)), [])
})
