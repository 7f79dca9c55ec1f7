import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './http1/fuzz.ts'

/** Another part of the sequence than the long runs' beginning; each stream that differs can be repeated by its own seed. */
const SEED = 40_000_000

void test('what our reader accepts of mutated requests, Node has read in the same way', async () => {
  const result = await fuzz({ side: 'requests', count: 20_000, seed: SEED })
  assert.deepEqual(result.differences, [])
  // Else the mutations would test one half only.
  assert.ok(result.accepted > 10_000, `${result.accepted} accepted`)
  assert.ok(Object.keys(result.refused).length > 20, `refused for ${Object.keys(result.refused).join(', ')}`)
})

void test('what our reader accepts of mutated answers, Node has read in the same way', async () => {
  const result = await fuzz({ side: 'answers', count: 10_000, seed: SEED })
  assert.deepEqual(result.differences, [])
  assert.ok(result.accepted > 3_000, `${result.accepted} accepted`)
  assert.ok(Object.keys(result.refused).length > 12, `refused for ${Object.keys(result.refused).join(', ')}`)
})

void test('a reader that is lenient in one point only is found out', async () => {
  for (const repair of [
    (text: string) => text.replaceAll(/(?<!\r)\n/g, '\r\n'),
    (text: string) => text.replaceAll(/[ \t]+:/g, ':'),
    (text: string) => text.replaceAll(/\r\n[ \t]+/g, ' '),
    (text: string) => text.replaceAll('Content-Length: +', 'Content-Length: '),
    (text: string) => text.replaceAll('Content-Length: 5, 5', 'Content-Length: 5'),
    (text: string) => text.replaceAll('chunked, identity', 'chunked'),
    (text: string) => text.replaceAll('\0', ''),
    (text: string) => text.replaceAll('HTTP/2.0', 'HTTP/1.1'),
    (text: string) => text.replaceAll('\r\n5 \r\n', '\r\n5\r\n'),
  ]) {
    const { differences } = await fuzz({ side: 'requests', count: 20_000, seed: SEED, repair, differencesMax: 1 })
    assert.notDeepEqual(differences, [], `unnoticed: ${String(repair)}`)
  }
})
