/** Numbers that look drawn and are the same for the same seed, everywhere. */
export interface Random {
  /** From 0 up to, but not, `below`. */
  below(below: number): number
  chance(share: number): boolean
  pick<Value>(values: readonly Value[]): Value
}

/** Marsaglia's xorshift with 32 bits: enough to choose mutations by. */
export function randomFrom(seed: number): Random {
  // Neighbouring seeds must not begin alike, and zero would stay zero.
  let state = Math.imul(seed + 0x9e3779b9, 0x85ebca6b) ^ 0xc2b2ae35 || 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  for (let index = 0; index < 8; index++) next()
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit)
  return {
    below,
    chance: (share) => next() / 2 ** 32 < share,
    pick: (values) => values[below(values.length)]!,
  }
}
