import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseNetwork } from '../guard/reputation/address.ts'
import { BLOCKS_FILE, BlockJournal } from '../guard/reputation/block-journal.ts'
import type { Block } from '../guard/reputation/block.ts'
import { feedFileOf, FEEDS_FOLDER, saveFeed } from '../guard/reputation/feed-file.ts'
import { NetworkSet } from '../guard/reputation/network-set.ts'
import { Reputation } from '../guard/reputation/reputation.ts'
import { createFeedSets } from './feed-sets.ts'
import { readReputation } from './saved-reputation.ts'

const blockOf = (address: string, untilMs: number | null = null): Block => ({
  address,
  reason: '',
  source: 'manual',
  untilMs,
  atMs: 0,
  by: 'anna@host',
  times: 0,
})
const setOf = (...networks: string[]): NetworkSet => NetworkSet.of(networks.map((text) => parseNetwork(text)!))

function makeFolder(t: { after: (done: () => void) => void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-saved-'))
  mkdirSync(join(folder, FEEDS_FOLDER), { recursive: true })
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a worker that starts without control refuses by what is saved, and not by what is over', (t) => {
  const folder = makeFolder(t)
  const reputation = new Reputation()
  readReputation(folder, reputation)
  assert.equal(reputation.blocks.size, 0)
  const blocks = [blockOf('192.0.2.1'), blockOf('192.0.2.2', Date.now() - 1)]
  const journal = new BlockJournal(join(folder, BLOCKS_FILE), () => blocks)
  assert.ok(journal.rewrite())
  journal.close()
  appendFileSync(join(folder, BLOCKS_FILE), '{"add":{"addr')
  readReputation(folder, reputation)
  assert.deepEqual(
    [...reputation.blocks.all()].map(({ address }) => address),
    ['192.0.2.1'],
  )
})

test('a feed of the policy holds from the start, is replaced at once when control saves it anew, and goes with the policy', async (t) => {
  const folder = makeFolder(t)
  const url = 'https://feeds.example/list'
  const reputation = new Reputation()
  const feeds = createFeedSets(folder, reputation)
  const refused = (): boolean[] =>
    ['192.0.2.1', '2001:db8::1', '203.0.113.1'].map((client) => reputation.refusalOf(client) !== null)
  saveFeed(folder, url, setOf('192.0.2.0/24', '2001:db8::/32'))
  feeds.want([url])
  assert.deepEqual(refused(), [true, true, false])
  saveFeed(folder, url, setOf('203.0.113.0/24'))
  await feeds.reload(url)
  assert.deepEqual(refused(), [false, false, true])
  feeds.want([])
  assert.deepEqual(refused(), [false, false, false])
})

test('a damaged file of a feed takes nothing from what held before', async (t) => {
  const folder = makeFolder(t)
  const url = 'https://feeds.example/list'
  const reputation = new Reputation()
  const feeds = createFeedSets(folder, reputation)
  saveFeed(folder, url, setOf('192.0.2.0/24'))
  feeds.want([url])
  appendFileSync(feedFileOf(folder, url), 'x')
  await feeds.reload(url)
  assert.notEqual(reputation.refusalOf('192.0.2.1'), null)
  const next = new Reputation()
  createFeedSets(folder, next).want([url])
  assert.equal(next.refusalOf('192.0.2.1'), null)
})
