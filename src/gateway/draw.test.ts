import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evenDraw, hashDraw, isOneClient } from './draw.ts'

test('even draws hit a share within half a point after 200, whatever they start from', () => {
  for (const start of [0, 0.1, 0.37, 0.999]) {
    const draw = evenDraw(start)
    const hits = Array.from({ length: 200 }, draw).filter((value) => value < 0.25).length
    assert.ok(Math.abs(hits - 50) <= 2, `${hits} of 200`)
  }
})

test('of forty clients one at least tries 5 %, at most three do', () => {
  const draw = evenDraw(0.5)
  for (let round = 0; round < 50; round++) {
    const hits = Array.from({ length: 40 }, draw).filter((value) => value < 0.05).length
    assert.ok(hits >= 1 && hits <= 3, `${hits}`)
  }
})

test('addresses that differ in a digit are spread evenly, and each keeps its place', () => {
  const values = Array.from({ length: 4_000 }, (_, index) => hashDraw(`7-abc 203.0.${index >> 8}.${index & 255}`))
  for (const share of [0.05, 0.25, 0.5]) {
    const hits = values.filter((value) => value < share).length / values.length
    assert.ok(Math.abs(hits - share) < 0.02, `${hits} for ${share}`)
  }
  assert.equal(hashDraw('7-abc 203.0.113.9'), hashDraw('7-abc 203.0.113.9'))
  assert.notEqual(hashDraw('7-abc 203.0.113.9'), hashDraw('8-abc 203.0.113.9'))
})

test('a private peer is taken for a proxy, not for a client, unless a trusted proxy names it', () => {
  for (const peer of ['127.0.0.1', '::1', '10.1.2.3', '172.20.0.1', '192.168.1.1', '100.64.0.1', 'fd00::1']) {
    assert.equal(isOneClient(peer, peer), false, peer)
    assert.equal(isOneClient(peer, '203.0.113.1'), true, peer)
  }
  for (const peer of ['203.0.113.9', '2001:db8::1']) assert.equal(isOneClient(peer, peer), true, peer)
})
