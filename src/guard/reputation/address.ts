/** Addresses and networks as numbers, so that they can be compared, and the one spelling by which each is known. */

/** IPv4 in `a` alone; IPv6 in four words of 32 bits, the highest first. */
export interface Address {
  readonly family: 4 | 6
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
}

/** All addresses whose first `bits` bits are these; the others are 0. */
export interface Network extends Address {
  readonly bits: number
}

/** IPv6 clients are known by this much of their address: whoever has one address has the 2^64 of its network. */
export const CLIENT_BITS_6 = 64

/** Null: no address. An IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`) is an IPv4 address. */
export function parseAddress(text: string): Address | null {
  const v4 = parseV4(text)
  if (v4 >= 0) return { family: 4, a: v4, b: 0, c: 0, d: 0 }
  return text.includes(':') ? parseV6(text) : null
}

/** An address, or a network such as `192.0.2.0/24`; bits of the host are set to 0. Null: neither. */
export function parseNetwork(text: string): Network | null {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === null) return null
  const bitsMax = address.family === 4 ? 32 : 128
  if (slash < 0) return { ...address, bits: bitsMax }
  const digits = text.slice(slash + 1)
  const bits = Number(digits)
  if (!/^\d{1,3}$/.test(digits)) return null
  // `::ffff:192.0.2.0/120` has been read as IPv4; its prefix counts the 96 bits before.
  const isMapped = address.family === 4 && text.includes(':')
  const own = isMapped ? bits - 96 : bits
  return own < 0 || own > bitsMax ? null : networkOf(address, own)
}

/** The network of so many bits that an address is in. */
export function networkOf({ family, a, b, c, d }: Address, bits: number): Network {
  return {
    family,
    bits,
    a: (a & wordMask(bits, 0)) >>> 0,
    b: (b & wordMask(bits, 1)) >>> 0,
    c: (c & wordMask(bits, 2)) >>> 0,
    d: (d & wordMask(bits, 3)) >>> 0,
  }
}

/** Whether all of `inner` is in `outer`. */
export function contains(outer: Network, inner: Network): boolean {
  if (outer.family !== inner.family || outer.bits > inner.bits) return false
  const { a, b, c, d } = networkOf(inner, outer.bits)
  return a === outer.a && b === outer.b && c === outer.c && d === outer.d
}

/** A client as it is counted and blocked: its IPv4 address, or the /64 of its IPv6 address. Null: no address. */
export function clientNetworkOf(text: string): Network | null {
  const address = parseAddress(text)
  return address && networkOf(address, address.family === 4 ? 32 : CLIENT_BITS_6)
}

/** The one spelling of a network (RFC 5952); a single address without its `/32` or `/128`. */
export function networkText(network: Network): string {
  const { family, bits } = network
  const text = family === 4 ? v4Text(network.a) : v6Text(network)
  return bits === (family === 4 ? 32 : 128) ? text : `${text}/${bits}`
}

/** The last address of a network, as `networkOf` gives the first. */
export function lastOf({ family, bits, a, b, c, d }: Network): Address {
  return {
    family,
    a: (a | ~wordMask(bits, 0)) >>> 0,
    b: family === 4 ? 0 : (b | ~wordMask(bits, 1)) >>> 0,
    c: family === 4 ? 0 : (c | ~wordMask(bits, 2)) >>> 0,
    d: family === 4 ? 0 : (d | ~wordMask(bits, 3)) >>> 0,
  }
}

/** Below 0, 0 or above 0, as for sorting; both of one family. */
export function compareAddresses(one: Address, other: Address): number {
  return one.a - other.a || one.b - other.b || one.c - other.c || one.d - other.d
}

function wordMask(bits: number, word: number): number {
  const inWord = bits - word * 32
  if (inWord >= 32) return -1
  return inWord <= 0 ? 0 : -1 << (32 - inWord)
}

/** Four decimal numbers without leading zeros, which some read as octal; -1: something else. */
function parseV4(text: string): number {
  let value = 0
  let part = -1
  let parts = 0
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit >= 0 && digit <= 9) {
      if (part === 0) return -1
      part = part < 0 ? digit : part * 10 + digit
      if (part > 255) return -1
    } else if (digit === -2) {
      if (part < 0 || ++parts > 3) return -1
      value = value * 256 + part
      part = -1
    } else return -1
  }
  return parts === 3 && part >= 0 ? value * 256 + part : -1
}

function parseV6(text: string): Address | null {
  const groups: number[] = []
  let gap = -1
  let at = 0
  if (text.startsWith('::')) {
    gap = 0
    at = 2
  }
  while (at < text.length) {
    const end = text.indexOf(':', at)
    const group = end < 0 ? text.slice(at) : text.slice(at, end)
    if (end < 0 && group.includes('.')) {
      const v4 = parseV4(group)
      if (v4 < 0) return null
      groups.push(Math.floor(v4 / 65_536), v4 % 65_536)
      break
    }
    if (group === '') {
      // A second gap, or a colon where a group belongs.
      if (gap >= 0 || groups.length === 0) return null
      gap = groups.length
    } else {
      if (!HEX_GROUP.test(group)) return null
      groups.push(Number.parseInt(group, 16))
    }
    if (groups.length > 8) return null
    if (end < 0) break
    at = end + 1
    // A single colon at the end.
    if (at === text.length && group !== '') return null
  }
  if (gap < 0 ? groups.length !== 8 : groups.length > 7) return null
  if (gap >= 0) groups.splice(gap, 0, ...Array.from({ length: 8 - groups.length }, () => 0))
  const word = (index: number): number => groups[index]! * 65_536 + groups[index + 1]!
  const [a, b, c, d] = [word(0), word(2), word(4), word(6)]
  return a === 0 && b === 0 && c === 0xffff ? { family: 4, a: d, b: 0, c: 0, d: 0 } : { family: 6, a, b, c, d }
}

const HEX_GROUP = /^[0-9a-f]{1,4}$/i

function v4Text(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

/** The longest run of at least two groups of 0, the first of several, becomes `::`. */
function v6Text({ a, b, c, d }: Address): string {
  const groups = [a, b, c, d].flatMap((word) => [word >>> 16, word & 0xffff])
  let [start, length] = [-1, 1]
  for (let at = 0; at < 8; at++) {
    let end = at
    while (end < 8 && groups[end] === 0) end += 1
    if (end - at > length) [start, length] = [at, end - at]
    at = Math.max(at, end - 1)
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  if (start < 0) return hex(groups)
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}
