import { randomFrom } from './random.ts'

/** A few of a list, in its order. */
export function drawSome<T>(list: readonly T[], count: number, seed: number): readonly T[] {
  const random = randomFrom(seed)
  const left = [...list.keys()]
  const drawn = Array.from(
    { length: Math.min(count, list.length) },
    () => left.splice(random.below(left.length), 1)[0]!,
  )
  return drawn.toSorted((one, other) => one - other).map((index) => list[index]!)
}

/** `SEED`, where somebody repeats a run. */
export function seedOf(text: string | undefined): number {
  const seed = text === undefined ? Math.floor(Math.random() * 1e6) : Number(text)
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`SEED is a whole number, not '${text}'`)
  return seed
}

/** Of this run: `SEED`, or one of its own. */
export const SEED = seedOf(process.env['SEED'])
/** Whether this run leaves nothing out: `bin/test every`. */
export const EVERY = process.env['EVERY'] === '1'

/**
 * A few of what there is too much of for every run, drawn by its seed (docs/decisions/0047); `EVERY=1` has all of it.
 */
export function someOf<T>(list: readonly T[], count: number): readonly T[] {
  return EVERY ? list : drawSome(list, count, SEED)
}
