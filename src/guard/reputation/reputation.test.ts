import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNetwork } from './address.ts'
import type { Block } from './block.ts'
import { NetworkSet } from './network-set.ts'
import { KNOWN_RISKS_MAX, Reputation } from './reputation.ts'
import { RISK_HALF_LIFE_MS } from './risk.ts'

const blockOf = (address: string, untilMs: number | null = null): Block => ({
  address,
  reason: 'by hand',
  source: 'manual',
  untilMs,
  atMs: 0,
  by: 'anna@host',
  times: 0,
})
const feedOf = (url: string, ...networks: string[]) => ({
  url,
  networks: NetworkSet.of(networks.map((text) => parseNetwork(text)!)),
})

test('a refusal names whose block it is: by hand, by the config, by which feed', () => {
  const reputation = new Reputation()
  reputation.configure({ allow: [], block: ['198.51.100.0/24'] })
  reputation.replaceBlocks([blockOf('192.0.2.7', 50)])
  reputation.replaceFeeds([
    feedOf('https://one.example/list', '203.0.113.0/28'),
    feedOf('https://two.example/', '::/16'),
  ])
  assert.deepEqual(reputation.refusalOf('192.0.2.7', 10), { source: 'manual', reason: 'by hand', untilMs: 50 })
  assert.equal(reputation.refusalOf('192.0.2.7', 50), null)
  assert.equal(reputation.refusalOf('198.51.100.3', 0)?.source, 'config')
  assert.equal(reputation.refusalOf('203.0.113.15', 0)?.reason, 'https://one.example/list')
  assert.equal(reputation.refusalOf('203.0.113.16', 0), null)
  assert.equal(reputation.refusalOf('::9', 0)?.reason, 'https://two.example/')
  assert.equal(reputation.refusalOf('no address', 0), null)
})

test('who is on the allow-list is refused by no block, no config and no feed', () => {
  const reputation = new Reputation()
  reputation.configure({ allow: ['192.0.2.7'], block: ['192.0.2.0/24'] })
  reputation.replaceBlocks([blockOf('192.0.2.0/24')])
  reputation.replaceFeeds([feedOf('https://one.example/list', '192.0.2.0/24')])
  assert.equal(reputation.refusalOf('192.0.2.7', 0), null)
  assert.notEqual(reputation.refusalOf('192.0.2.8', 0), null)
})

test('new blocks and feeds are put in place of the old, and all of them', () => {
  const reputation = new Reputation()
  reputation.replaceBlocks([blockOf('192.0.2.1'), blockOf('192.0.2.2')])
  reputation.replaceBlocks([blockOf('192.0.2.2'), blockOf('192.0.2.3')])
  reputation.replaceFeeds([feedOf('https://one.example/', '203.0.113.1')])
  reputation.replaceFeeds([feedOf('https://one.example/', '203.0.113.2')])
  const refused = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '203.0.113.1', '203.0.113.2'].map(
    (client) => reputation.refusalOf(client, 0) !== null,
  )
  assert.deepEqual(refused, [false, true, true, false, true])
})

test('a risk that was told decays by itself, is shared by a /64, and is bounded in number', () => {
  const reputation = new Reputation()
  assert.equal(reputation.riskOf('192.0.2.1', 0), 0)
  reputation.noteRisks([
    { client: '192.0.2.1', risk: 75, atMs: 0 },
    { client: '2001:db8:1:2::/64', risk: 40, atMs: 0 },
  ])
  assert.equal(Math.round(reputation.riskOf('192.0.2.1', 0)), 75)
  assert.equal(Math.round(reputation.riskOf('192.0.2.1', RISK_HALF_LIFE_MS)), 50)
  assert.equal(Math.round(reputation.riskOf('2001:db8:1:2:3::4', 0)), 40)
  reputation.noteRisks([{ client: '192.0.2.1', risk: 0, atMs: 1 }])
  assert.equal(reputation.riskOf('192.0.2.1', 1), 0)
  const crowd = Array.from({ length: 2 * KNOWN_RISKS_MAX }, (_, index) => ({
    client: `10.0.${index >> 8}.${index & 255}`,
    risk: 10,
    atMs: 0,
  }))
  reputation.noteRisks(crowd)
  const known = crowd.filter(({ client }) => reputation.riskOf(client, 0) > 0)
  assert.equal(known.length, KNOWN_RISKS_MAX)
})
