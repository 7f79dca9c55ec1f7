import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { parseNetwork } from './address.ts'
import { BLOCK_FOR_MS, REPEAT_WITHIN_MS } from './automatic.ts'
import { BlockBook, BLOCKS_MAX } from './block-book.ts'
import type { Risk } from './risk.ts'

const RISKY: Risk = { risk: 90, refusedRisk: 90, causes: [{ cause: 'sqli', risk: 90 }] }
const HOUR = 60 * 60_000

function make(t: TestContext, lists: { allowed?: readonly string[]; trusted?: readonly string[] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-blocks-'))
  const clock = { at: 1_000_000 }
  const changes: string[] = []
  const opened: BlockBook[] = []
  const open = (): BlockBook => {
    const blocks = new BlockBook({
      file: join(folder, 'blocks.jsonl'),
      now: () => clock.at,
      allowed: () => lists.allowed ?? [],
      trusted: () => lists.trusted ?? [],
      publish: () => {},
      onChange: (kind, { address }, by) => changes.push(`${kind} ${address} ${by}`),
    })
    opened.push(blocks)
    return blocks
  }
  t.after(() => {
    for (const blocks of opened) blocks.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const byHand = { reason: 'test', forMs: null, by: 'anna@host' }
  const net = (text: string) => parseNetwork(text)!
  const addresses = (blocks: BlockBook): string[] => blocks.list().map(({ address }) => address)
  return { clock, changes, open, byHand, net, addresses }
}

test('a block is over at its time, also for who starts later, and says who began and ended it', (t) => {
  const { clock, changes, open, byHand, net, addresses } = make(t)
  const blocks = open()
  blocks.add(net('192.0.2.1'), { ...byHand, forMs: HOUR })
  blocks.add(net('2001:DB8::/32'), byHand)
  clock.at += HOUR - 1
  blocks.expire()
  assert.deepEqual(addresses(blocks), ['192.0.2.1', '2001:db8::/32'])
  clock.at += 1
  blocks.expire()
  assert.deepEqual(addresses(blocks), ['2001:db8::/32'])
  const next = open()
  assert.deepEqual(addresses(next), ['2001:db8::/32'])
  next.remove(net('2001:db8:0::/32'), 'ben@host')
  assert.deepEqual(addresses(open()), [])
  assert.deepEqual(
    changes.filter((change) => change.includes('192.0.2.1') || change.includes('ben')),
    ['block-added 192.0.2.1 anna@host', 'block-removed 192.0.2.1 control', 'block-removed 2001:db8::/32 ben@host'],
  )
})

test('risk blocks once, for longer each time, and a restart in between changes nothing', (t) => {
  const { clock, open, addresses } = make(t)
  let blocks = open()
  for (const [index, forMs] of [...BLOCK_FOR_MS, BLOCK_FOR_MS[3]!].entries()) {
    const block = blocks.judge('192.0.2.1', RISKY)
    assert.deepEqual([block?.times, block!.untilMs! - clock.at], [index + 1, forMs], `time ${index + 1}`)
    assert.equal(blocks.judge('192.0.2.1', RISKY), null, 'it is blocked already')
    clock.at += forMs
    blocks.expire()
    assert.deepEqual(addresses(blocks), [])
    blocks = open()
  }
  clock.at += REPEAT_WITHIN_MS
  blocks.expire()
  assert.equal(blocks.judge('192.0.2.1', RISKY)?.times, 1)
})

test('risk blocks neither the allow-list nor a trusted proxy, nor what a wider block holds', (t) => {
  const { open, byHand, net } = make(t, { allowed: ['198.51.100.0/24', '2001:db8:1:2::7'], trusted: ['203.0.113.5'] })
  const blocks = open()
  for (const client of ['198.51.100.9', '203.0.113.5', '2001:db8:1:2::/64'])
    assert.equal(blocks.judge(client, RISKY), null)
  blocks.add(net('192.0.2.0/24'), byHand)
  assert.equal(blocks.judge('192.0.2.9', RISKY), null)
  assert.equal(blocks.judge('192.0.3.9', { ...RISKY, refusedRisk: 79 }), null)
  assert.notEqual(blocks.judge('192.0.3.9', RISKY), null)
})

test('who is unblocked by hand begins with a first block again', (t) => {
  const { open, net, addresses } = make(t)
  const blocks = open()
  blocks.judge('192.0.2.1', RISKY)
  blocks.remove(net('192.0.2.1'), 'anna@host')
  assert.deepEqual(addresses(blocks), [])
  assert.equal(blocks.judge('192.0.2.1', RISKY)?.times, 1)
})

test('with the table full, automatic blocks make room and those by hand never do', (t) => {
  const { clock, open, byHand, net, addresses } = make(t)
  const blocks = open()
  blocks.add(net('192.0.2.1'), byHand)
  for (let index = 0; index < BLOCKS_MAX + 100; index++) {
    clock.at += 1
    blocks.judge(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, RISKY)
  }
  const held = addresses(blocks)
  assert.equal(held.length, BLOCKS_MAX)
  assert.ok(held.includes('192.0.2.1'))
  // Those that end soonest have gone.
  assert.ok(!held.includes('10.0.0.0') && held.includes('10.0.39.100'))
})
