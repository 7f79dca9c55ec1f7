/**
 * Keys of the counts as numbers from 1 to 2⁵³ − 1. Seeded at random, so that nobody can choose addresses that share a count or
 * crowd one group of slots.
 */
export type KeyHash = (key: string) => number

export function createKeyHash(seed: readonly [number, number]): KeyHash {
  const [first, second] = seed
  return (key) => {
    let low = first ^ key.length
    let high = second ^ key.length
    for (let index = 0; index < key.length; index++) {
      const code = key.charCodeAt(index)
      low = Math.imul(low ^ code, 0x9e37_79b1)
      low = (low << 13) | (low >>> 19)
      high = Math.imul(high ^ code, 0x85eb_ca77) + low
      high = (high << 15) | (high >>> 17)
    }
    low = mixed(low ^ high)
    high = mixed(high + low)
    return (high >>> 11) * 2 ** 32 + (low >>> 0) || 1
  }
}

/** Every bit of the result depends on every bit of the value. */
function mixed(value: number): number {
  let bits = value
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb_352d)
  bits = Math.imul(bits ^ (bits >>> 15), 0x846c_a68b)
  return bits ^ (bits >>> 16)
}
