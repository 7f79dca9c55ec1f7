import { describe, type StyleResult } from './result.ts'

export interface Swapped {
  readonly ours: StyleResult
  /** The control: a bench that cannot see failures proves nothing. */
  readonly naive: StyleResult
  /** How often ours was to be swapped. */
  readonly swaps: number
}

/** Prints both and a line for each bar. @returns the exit code */
export function conclude({ ours, naive, swaps }: Swapped): 0 | 1 {
  console.log(`\n${describe([ours, naive])}\n`)
  const bars = [
    { name: 'failed requests', figure: ours.failures.length, bar: '0', held: ours.failures.length === 0 },
    { name: `failed by ${naive.style}`, figure: naive.failures.length, bar: '> 0', held: naive.failures.length > 0 },
  ]
  for (const { name, figure, bar, held } of bars)
    console.log(`bar ${name}: ${figure}, bar ${bar}: ${held ? 'held' : 'missed'}`)
  return bars.every(({ held }) => held) && ours.swaps === swaps ? 0 : 1
}

/** @throws Error for what is no whole number of at least 1 */
export function whole(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new Error(`--${name}: expected a whole number of at least 1, got ${JSON.stringify(text)}`)
}
