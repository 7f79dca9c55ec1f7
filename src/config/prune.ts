import type { Json } from './plain.ts'
import type { Path } from './path.ts'

/** The same value without what stands at `paths`; null when the whole of it has to go. */
export function prune(value: Json, paths: readonly Path[]): Json {
  if (paths.some((path) => path.length === 0)) return null
  if (paths.length === 0 || typeof value !== 'object' || value === null) return value
  const below = (key: string | number): readonly Path[] =>
    paths.filter((path) => path[0] === key).map((path) => path.slice(1))
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((held, index) => prune(held, below(index)))
  }
  // A list with a broken element goes as a whole: without the element, the others would be at the wrong index.
  const broken = (key: string): boolean =>
    below(key).some((path) => path.length === 0 || (path.length === 1 && typeof path[0] === 'number'))
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, held]) => (broken(key) ? [] : [[key, prune(held, below(key))]])),
  )
}
