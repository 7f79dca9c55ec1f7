import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { ToWorker } from '../../gateway/admin/protocol.ts'
import { BLOCK_FOR_MS, REPEAT_WITHIN_MS } from '../../guard/reputation/automatic.ts'
import type { Risk } from '../../guard/reputation/risk.ts'
import { Blocks, BLOCKS_MAX } from './blocks.ts'

const RISKY: Risk = { risk: 90, refusedRisk: 90, causes: [{ cause: 'sqli', risk: 90 }] }
const HOUR = 60 * 60_000

function make(t: TestContext, lists: { allowed?: readonly string[]; trusted?: readonly string[] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-blocks-'))
  const clock = { at: 1_000_000, now: () => clock.at, sleep: () => Promise.resolve() }
  const changes: string[] = []
  const opened: Blocks[] = []
  const open = (): Blocks => {
    const blocks = new Blocks({
      file: join(folder, 'blocks.jsonl'),
      clock,
      allowed: () => lists.allowed ?? [],
      trusted: () => lists.trusted ?? [],
      onChange: (kind, { address }, by) => changes.push(`${kind} ${address} ${by}`),
    })
    opened.push(blocks)
    return blocks
  }
  t.after(() => {
    for (const blocks of opened) blocks.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const byHand = (address: string, forMs: number | null = null) => ({ address, reason: 'test', forMs, by: 'anna@host' })
  const addresses = (blocks: Blocks): string[] => blocks.list().map(({ address }) => address)
  return { clock, changes, open, byHand, addresses }
}

test('a block is over at its time, also for who starts later, and says who began and ended it', async (t) => {
  const { clock, changes, open, byHand, addresses } = make(t)
  const blocks = open()
  await blocks.add(byHand('192.0.2.1', HOUR))
  await blocks.add(byHand('2001:DB8::/32'))
  clock.at += HOUR - 1
  blocks.expire()
  assert.deepEqual(addresses(blocks), ['192.0.2.1', '2001:db8::/32'])
  clock.at += 1
  blocks.expire()
  assert.deepEqual(addresses(blocks), ['2001:db8::/32'])
  const next = open()
  assert.deepEqual(addresses(next), ['2001:db8::/32'])
  await next.remove('2001:db8:0::/32', 'ben@host')
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

test('risk blocks neither the allow-list nor a trusted proxy, nor what a wider block holds', async (t) => {
  const { open, byHand } = make(t, { allowed: ['198.51.100.0/24', '2001:db8:1:2::7'], trusted: ['203.0.113.5'] })
  const blocks = open()
  for (const client of ['198.51.100.9', '203.0.113.5', '2001:db8:1:2::/64'])
    assert.equal(blocks.judge(client, RISKY), null)
  await blocks.add(byHand('192.0.2.0/24'))
  assert.equal(blocks.judge('192.0.2.9', RISKY), null)
  assert.equal(blocks.judge('192.0.3.9', { ...RISKY, refusedRisk: 79 }), null)
  assert.notEqual(blocks.judge('192.0.3.9', RISKY), null)
})

test('who is unblocked by hand begins with a first block again', async (t) => {
  const { open, addresses } = make(t)
  const blocks = open()
  blocks.judge('192.0.2.1', RISKY)
  await blocks.remove('192.0.2.1', 'anna@host')
  assert.deepEqual(addresses(blocks), [])
  assert.equal(blocks.judge('192.0.2.1', RISKY)?.times, 1)
})

test('with the table full, automatic blocks make room and those by hand never do', async (t) => {
  const { clock, open, byHand, addresses } = make(t)
  const blocks = open()
  await blocks.add(byHand('192.0.2.1'))
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

test('workers hear every change in order, one that connects hears all of it, and who asks waits for all of them', async (t) => {
  const { open, byHand } = make(t)
  const blocks = open()
  const peer = () => {
    const heard: ToWorker[] = []
    return { heard, send: (message: ToWorker) => void heard.push(message) }
  }
  const [first, second] = [peer(), peer()]
  blocks.workers.joined(first, blocks.list())
  const adding = blocks.add(byHand('192.0.2.1'))
  blocks.workers.joined(second, blocks.list())
  for (const { heard, ...one } of [first, second]) {
    const last = heard.at(-1) as Extract<ToWorker, { type: 'blocks' }>
    blocks.workers.applied(one, last.version)
  }
  for (const one of [first, second]) {
    const last = one.heard.at(-1) as Extract<ToWorker, { type: 'blocks' }>
    blocks.workers.applied(one, last.version)
  }
  assert.deepEqual((await adding).reached, { applied: 2, workers: 2 })
  assert.deepEqual(
    first.heard.map(({ type }) => type),
    ['blocks', 'blocks-changed'],
  )
  assert.deepEqual(
    (second.heard[0] as Extract<ToWorker, { type: 'blocks' }>).blocks.map(({ address }) => address),
    ['192.0.2.1'],
  )
  const leaving = blocks.remove('192.0.2.1', 'anna@host')
  blocks.workers.gone(second)
  blocks.workers.applied(first, 2)
  assert.deepEqual((await leaving).reached, { applied: 1, workers: 1 })
})

test('a worker that does not answer is told of as one that does not know', async (t) => {
  const { open, byHand } = make(t)
  const blocks = open()
  blocks.workers.joined({ send: () => {} }, [])
  assert.deepEqual((await blocks.add(byHand('192.0.2.1'))).reached, { applied: 0, workers: 1 })
})
