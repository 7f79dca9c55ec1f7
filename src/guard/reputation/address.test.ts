import assert from 'node:assert/strict'
import { BlockList, isIP } from 'node:net'
import { test } from 'node:test'
import { clientNetworkOf, contains, lastOf, networkText, parseAddress, parseNetwork } from './address.ts'

const textOf = (text: string): string | null => {
  const network = parseNetwork(text)
  return network && networkText(network)
}

test('an address has one spelling, and IPv4 inside IPv6 is IPv4', () => {
  const spellings: Readonly<Record<string, string>> = {
    '192.0.2.1': '192.0.2.1',
    '255.255.255.255': '255.255.255.255',
    '0.0.0.0': '0.0.0.0',
    '2001:DB8:0:0:0:0:0:1': '2001:db8::1',
    '2001:db8::1:0:0:1': '2001:db8::1:0:0:1',
    '2001:db8:0:1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
    '::': '::',
    '::1': '::1',
    '1::': '1::',
    '64:ff9b::192.0.2.33': '64:ff9b::c000:221',
    '::ffff:192.0.2.7': '192.0.2.7',
    '::ffff:c000:207': '192.0.2.7',
    '192.0.2.200/24': '192.0.2.0/24',
    '192.0.2.1/32': '192.0.2.1',
    '::ffff:192.0.2.0/120': '192.0.2.0/24',
    '2001:db8:1:2:3:4:5:6/64': '2001:db8:1:2::/64',
    '2001:db8::/33': '2001:db8::/33',
    '0.0.0.0/0': '0.0.0.0/0',
    '::/0': '::/0',
  }
  for (const [given, wanted] of Object.entries(spellings)) assert.equal(textOf(given), wanted, given)
})

test('what is no address is none', () => {
  const wrong = [
    '', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.4/33', '1.2.3.4/-1', '1.2.3.4/', '1.2.3.4/ 8', ' 1.2.3.4',
    '1..2.3', '.1.2.3', '1.2.3.', ':', ':::', '1:2', '1::2::3', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:', ':1:2:3:4:5:6:7',
    '12345::', 'g::', '::1.2.3', '::1.2.3.4:5', '1:2:3:4:5:6:7::8', '::/129', 'fe80::1%eth0', 'example.com', '1.2.3.4\n',
    '::ffff:1.2.3.4/64',
  ] // prettier-ignore
  for (const text of wrong) assert.equal(parseNetwork(text), null, text)
})

test('random text is read as an address exactly when node reads it as one', () => {
  let seed = 11
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
  const alphabet = ['0', '1', '9', '25', '255', 'a', 'ff', '::', ':', '.', '192.0.2.1', 'g', '%', '0:0']
  let addresses = 0
  for (let round = 0; round < 200_000; round++) {
    const text = Array.from({ length: 1 + random(9) }, () => alphabet[random(alphabet.length)]!).join('')
    // A zone names an interface of this machine: no client has one here.
    const wanted = isIP(text) !== 0 && !text.includes('%')
    assert.equal(parseAddress(text) !== null, wanted, text)
    addresses += Number(wanted)
  }
  assert.ok(addresses > 1_000, `only ${addresses} addresses were met`)
})

test('containment agrees with node for random networks of both families', () => {
  let seed = 5
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
  let inside = 0
  for (let round = 0; round < 20_000; round++) {
    const six = random(2) === 1
    const near = (): string =>
      six ? `2001:db8:${random(2)}:${random(2)}::${random(4)}` : `192.0.${random(2)}.${random(8)}`
    const [base, other] = [near(), near()]
    const bits = six ? 30 + random(99) : 14 + random(19)
    const list = new BlockList()
    list.addSubnet(base, bits, six ? 'ipv6' : 'ipv4')
    const wanted = list.check(other, six ? 'ipv6' : 'ipv4')
    assert.equal(
      contains(parseNetwork(`${base}/${bits}`)!, parseNetwork(other)!),
      wanted,
      `${other} in ${base}/${bits}`,
    )
    inside += Number(wanted)
  }
  assert.ok(inside > 1_000 && inside < 19_000, `${inside} of 20000 inside`)
})

test('a client is its IPv4 address or the /64 of its IPv6 address', () => {
  const keyOf = (text: string): string | null => {
    const network = clientNetworkOf(text)
    return network && networkText(network)
  }
  assert.equal(keyOf('203.0.113.9'), '203.0.113.9')
  assert.equal(keyOf('2001:db8:1:2:aaaa::9'), '2001:db8:1:2::/64')
  assert.equal(keyOf('2001:db8:1:2:bbbb::8'), keyOf('2001:db8:1:2:aaaa::9'))
  assert.notEqual(keyOf('2001:db8:1:3::9'), keyOf('2001:db8:1:2::9'))
  assert.equal(keyOf(''), null)
})

test('the last address of a network has all bits of the host set', () => {
  assert.equal(lastOf(parseNetwork('192.0.2.0/25')!).a, parseAddress('192.0.2.127')!.a)
  assert.deepEqual(lastOf(parseNetwork('2001:db8::/47')!), parseAddress('2001:db8:1:ffff:ffff:ffff:ffff:ffff'))
  assert.equal(lastOf(parseNetwork('0.0.0.0/0')!).a, 0xffffffff)
})
