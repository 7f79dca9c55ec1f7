import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkText } from './address.ts'
import { BAD_LINES_MAX, FEED_NETWORKS_MAX, parseFeed, type ParsedFeed } from './feed.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const textsOf = ({ networks }: ParsedFeed): string[] => networks.map((network) => networkText(network))

test('addresses, networks and comments of every usual kind are read, on any kind of line', async () => {
  const text = [
    '# a list',
    '192.0.2.1',
    '  192.0.2.2  ',
    '198.51.100.0/24 ; SBL1',
    '203.0.113.9 # scanner',
    '2001:db8::/48',
    '2001:db8:1::7 // seen',
    '; done',
    '//',
    '',
    '192.0.2.3',
  ].join('\r\n')
  const { bad, ...feed } = await parseFeed(`\ufeff${text}`, NOW)
  assert.deepEqual(bad, [])
  assert.deepEqual(textsOf({ bad, ...feed }), [
    '192.0.2.1',
    '192.0.2.2',
    '198.51.100.0/24',
    '203.0.113.9',
    '2001:db8::/48',
    '2001:db8:1::7',
    '192.0.2.3',
  ])
})

test('a bad line is reported with its number and its reason, and the rest is kept', async () => {
  const text = '192.0.2.1\n192.0.2.256\n\n0.0.0.0/0\n::/0\nevil.example\u001b[31m\n192.0.2.7/33\n192.0.2.2'
  const feed = await parseFeed(text, NOW)
  assert.deepEqual(textsOf(feed), ['192.0.2.1', '192.0.2.2'])
  assert.deepEqual(
    feed.bad.map(({ line, text: shown, because }) => [line, shown, because]),
    [
      [2, '192.0.2.256', 'is neither an address nor a network'],
      [4, '0.0.0.0/0', 'is wider than /8'],
      [5, '::/0', 'is wider than /16'],
      [6, 'evil.example?[31m', 'is neither an address nor a network'],
      [7, '192.0.2.7/33', 'is neither an address nor a network'],
    ],
  )
})

test('of many bad lines the first are told and all are counted; of too many networks the first are kept', async () => {
  const nonsense = await parseFeed('x\n'.repeat(5_000) + '192.0.2.1', NOW)
  assert.deepEqual([nonsense.bad.length, nonsense.badCount, textsOf(nonsense)], [BAD_LINES_MAX, 5_000, ['192.0.2.1']])
  const lines = Array.from(
    { length: FEED_NETWORKS_MAX + 5 },
    (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
  )
  const many = await parseFeed(lines.join('\n'), NOW)
  assert.equal(many.networks.length, FEED_NETWORKS_MAX)
  assert.equal(many.bad[0]?.line, FEED_NETWORKS_MAX + 1)
})

const indicator = (pattern: unknown, parts: object = {}): object => ({
  type: 'indicator',
  spec_version: '2.1',
  id: 'indicator--1',
  pattern,
  pattern_type: 'stix',
  valid_from: '2026-01-01T00:00:00Z',
  ...parts,
})
const bundle = (...objects: readonly unknown[]): string => JSON.stringify({ type: 'bundle', id: 'bundle--1', objects })

test('the addresses of STIX indicators are read, in every form that says this address or that', async () => {
  const text = bundle(
    { type: 'identity', id: 'identity--1' },
    indicator("[ipv4-addr:value = '192.0.2.1']"),
    indicator("[ipv4-addr:value='192.0.2.2' OR ipv6-addr:value = '2001:db8::1']"),
    indicator("[ipv4-addr:value = '192.0.2.3'] OR ([ipv4-addr:value IN ('192.0.2.4', '192.0.2.5')])"),
    indicator("[ipv4-addr:value ISSUBSET '198.51.100.0/24']"),
    indicator("[ipv4-addr:value = '192.0.2.6' OR domain-name:value = 'evil.example']"),
    indicator("[file:hashes.'SHA-256' = 'aa' AND file:name = 'x']"),
    indicator("[url:value = 'http://evil.example/']"),
    indicator('rule x {}', { pattern_type: 'yara' }),
  )
  const feed = await parseFeed(text, NOW)
  assert.deepEqual(feed.bad, [])
  assert.deepEqual(textsOf(feed), [
    '192.0.2.1',
    '192.0.2.2',
    '2001:db8::1',
    '192.0.2.3',
    '192.0.2.4',
    '192.0.2.5',
    '198.51.100.0/24',
    '192.0.2.6',
  ])
})

test('an indicator that is revoked, over or yet to come blocks nobody', async () => {
  const pattern = "[ipv4-addr:value = '192.0.2.1']"
  const text = bundle(
    indicator(pattern, { revoked: true }),
    indicator(pattern, { valid_until: '2026-11-21T12:00:00Z' }),
    indicator(pattern, { valid_from: '2026-11-21T12:00:01Z' }),
    indicator("[ipv4-addr:value = '192.0.2.2']", { valid_until: '2026-11-21T12:00:01Z' }),
  )
  assert.deepEqual(textsOf(await parseFeed(text, NOW)), ['192.0.2.2'])
})

test('a pattern that asks for more than an address is reported, never taken for a part of it', async () => {
  const patterns = [
    "[ipv4-addr:value = '192.0.2.1' AND domain-name:value = 'x']",
    "[ipv4-addr:value = '192.0.2.1'] AND [url:value = 'x']",
    "[ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY [ipv4-addr:value = '192.0.2.2']",
    "[ipv4-addr:value = '192.0.2.1'] REPEATS 5 TIMES",
    "[ipv4-addr:value != '192.0.2.1']",
    "[ipv4-addr:value NOT = '192.0.2.1']",
    "[ipv4-addr:value LIKE '192.0.2.%']",
    "[ipv4-addr:value = '192.0.2.1'",
    '[ipv4-addr:value = ',
    "[ipv4-addr:value = '192.0.2.1",
    '[ipv4-addr:value]',
    '[]',
    42,
  ]
  const feed = await parseFeed(bundle(...patterns.map((pattern) => indicator(pattern))), NOW)
  assert.deepEqual(textsOf(feed), [])
  // What is no pattern at all but says nothing of addresses is nobody's fault here: '[]'.
  assert.equal(feed.badCount, patterns.length - 1)
  assert.deepEqual(
    feed.bad.slice(0, 4).map(({ because }) => because),
    ['AND', 'AND', 'FOLLOWEDBY', 'REPEATS'].map((word) => `asks for more than an address: ${word}`),
  )
})

test('JSON that is no bundle is reported, and any text comes to an end', async () => {
  for (const text of ['{', '{}', '[1,null,"x"]', '{"objects":7}', '']) {
    const feed = await parseFeed(text, NOW)
    assert.equal(feed.networks.length, 0)
    assert.equal(feed.badCount, text.startsWith('{') ? 1 : 0, text)
  }
  let seed = 3
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
  const parts = [
    '[',
    ']',
    '(',
    ')',
    ' OR ',
    ' AND ',
    'ipv4-addr:value',
    '=',
    "'192.0.2.1'",
    ' IN ',
    ',',
    "'",
    '\\',
    'x:y',
  ]
  for (let round = 0; round < 20_000; round++) {
    const pattern = Array.from({ length: random(12) }, () => parts[random(parts.length)]!).join('')
    const feed = await parseFeed(bundle(indicator(pattern)), NOW)
    for (const text of textsOf(feed)) assert.equal(text, '192.0.2.1', pattern)
  }
})
