import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKeyHash } from './hash.ts'
import { Slots, WAYS } from './slots.ts'

const hash = createKeyHash([0x1234_5678, 0x9abc_def0])

void test('a key is found again in its slot', () => {
  const slots = new Slots(64)
  const slot = slots.claim(hash('192.0.2.1'), 0)
  slots.ends[slot] = 10
  assert.equal(slots.find(hash('192.0.2.1')), slot)
  assert.equal(slots.find(hash('192.0.2.2')), -1)
})

void test('a slot whose time has passed is used again before one that is in use', () => {
  const slots = new Slots(WAYS)
  for (let key = 1; key <= WAYS; key++) slots.ends[slots.claim(key, 0)] = key * 10
  const slot = slots.claim(100, 15)
  assert.equal(slots.ends[slot], 10, 'the one that ended at 10')
  assert.equal(slots.displaced, 0)
  assert.equal(slots.find(1), -1)
  assert.notEqual(slots.find(2), -1)
})

void test('a million addresses that come once do not push out the one that is near its limit', () => {
  const slots = new Slots(4_096)
  const hot = hash('198.51.100.7')
  slots.ends[slots.claim(hot, 0)] = 1_000
  for (let client = 0; client < 1_000_000; client++) {
    const slot = slots.claim(hash(`10.${client >> 16}.${(client >> 8) & 255}.${client & 255}`), 0)
    slots.ends[slot] = 100
  }
  assert.equal(slots.ends[slots.find(hot)], 1_000)
  assert.ok(slots.displaced > 900_000, 'they displace each other')
  assert.equal(slots.ends.length, 4_096)
})

void test('hashes are whole, above zero and spread evenly, also over the bits that choose the slot', () => {
  const seen = new Set<number>()
  const groups = new Uint32Array(256)
  for (let client = 0; client < 65_536; client++) {
    const value = hash(`10.0.${client >> 8}.${client & 255}`)
    assert.ok(Number.isSafeInteger(value) && value > 0)
    seen.add(value)
    groups[value & 255]! += 1
  }
  assert.equal(seen.size, 65_536)
  assert.ok(
    Math.max(...groups) < 256 + 100 && Math.min(...groups) > 256 - 100,
    `${Math.min(...groups)} to ${Math.max(...groups)}`,
  )
})

void test('another seed puts keys elsewhere', () => {
  const other = createKeyHash([1, 2])
  assert.notEqual(other('192.0.2.1'), hash('192.0.2.1'))
})
