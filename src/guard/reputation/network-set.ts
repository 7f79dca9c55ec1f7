import { compareAddresses, lastOf, type Address, type Network } from './address.ts'

/**
 * Many networks that never change, as sorted ranges that do not touch: 8 bytes for an IPv4 network, 32 for one of IPv6, and
 * one binary search for a look-up. A change makes a new set, which is put in place of the old in one step.
 */
export class NetworkSet {
  /** First and last address of each range in turn. */
  readonly v4: Uint32Array
  /** The same in four words each. */
  readonly v6: Uint32Array

  constructor(v4: Uint32Array, v6: Uint32Array) {
    this.v4 = v4
    this.v6 = v6
  }

  /** Duplicates and networks inside others go; neighbours become one range. */
  static of(networks: readonly Network[]): NetworkSet {
    return new NetworkSet(rangesOfV4(networks), rangesOfV6(networks))
  }

  /** Ranges, which may be fewer than the networks that were given. */
  get size(): number {
    return this.v4.length / 2 + this.v6.length / 8
  }

  has(address: Address): boolean {
    return address.family === 4 ? hasV4(this.v4, address.a) : hasV6(this.v6, address)
  }
}

function hasV4(ranges: Uint32Array, value: number): boolean {
  let low = 0
  let high = ranges.length >>> 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ranges[2 * middle]! <= value) low = middle + 1
    else high = middle
  }
  return low > 0 && ranges[2 * low - 1]! >= value
}

function hasV6(ranges: Uint32Array, address: Address): boolean {
  let low = 0
  let high = ranges.length >>> 3
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareWords(ranges, 8 * middle, address) <= 0) low = middle + 1
    else high = middle
  }
  return low > 0 && compareWords(ranges, 8 * low - 4, address) >= 0
}

function compareWords(ranges: Uint32Array, at: number, { a, b, c, d }: Address): number {
  return ranges[at]! - a || ranges[at + 1]! - b || ranges[at + 2]! - c || ranges[at + 3]! - d
}

function rangesOfV4(networks: readonly Network[]): Uint32Array {
  // First address and prefix in one number: sorted as numbers, which is ten times faster than with a function of ours.
  const sorted = Float64Array.from(
    networks.filter(({ family }) => family === 4),
    ({ a, bits }) => a * 64 + bits,
  ).sort()
  const ranges = new Uint32Array(2 * sorted.length)
  let end = 0
  for (const coded of sorted) {
    const first = Math.floor(coded / 64)
    const last = first + 2 ** (32 - (coded % 64)) - 1
    if (end > 0 && first <= ranges[end - 1]! + 1) ranges[end - 1] = Math.max(ranges[end - 1]!, last)
    else {
      ranges[end++] = first
      ranges[end++] = last
    }
  }
  return ranges.slice(0, end)
}

function rangesOfV6(networks: readonly Network[]): Uint32Array {
  const sorted = networks.filter(({ family }) => family === 6).sort((one, other) => compareAddresses(one, other))
  const ranges: { first: Address; last: Address }[] = []
  for (const first of sorted) {
    const last = lastOf(first)
    const before = ranges.at(-1)
    if (before === undefined || compareAddresses(first, before.last) > 0) ranges.push({ first, last })
    else if (compareAddresses(last, before.last) > 0) before.last = last
  }
  return Uint32Array.from(ranges.flatMap(({ first, last }) => [...wordsOf(first), ...wordsOf(last)]))
}

function wordsOf({ a, b, c, d }: Address): readonly number[] {
  return [a, b, c, d]
}
