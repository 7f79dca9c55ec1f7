/**
 * The known word that was probably meant: at most 2 edits away, or a third of the written word's length where that is more.
 * Case does not count. @returns null where nothing is near.
 */
export function nearest(written: string, known: Iterable<string>): string | null {
  if (written.length > WORD_LENGTH_MAX) return null
  const distanceMax = Math.max(2, Math.floor(written.length / 3))
  let best: string | null = null
  let bestDistance = Infinity
  for (const word of known) {
    if (Math.abs(word.length - written.length) > distanceMax) continue
    const distance = editDistance(written.toLowerCase(), word.toLowerCase())
    // Two edits turn any word of two letters into any other: something of it has to be left.
    if (distance <= distanceMax && distance < bestDistance && distance < Math.max(written.length, word.length)) {
      best = word
      bestDistance = distance
    }
  }
  return best
}

const WORD_LENGTH_MAX = 100

/** Insertions, deletions, replacements, and swaps of neighbours (the commonest slip) at one edit each. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replace = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1)
      let distance = Math.min(last[column]! + 1, current[column - 1]! + 1, replace)
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, beforeLast[column - 2]! + 1)
      }
      current.push(distance)
    }
    beforeLast = last
    last = current
  }
  return last[b.length]!
}
