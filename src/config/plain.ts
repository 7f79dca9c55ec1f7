import { formatPath, type Path } from './path.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Nothing a person writes is larger; a config that is was made by a loop gone wrong. */
const VALUES_MAX = 100_000

/**
 * Copies what a config file exports into plain JSON, reading every property once. Undefined properties are left out, as JSON
 * does. Whatever JSON cannot hold is listed in `problems`, each with its path.
 */
export function toPlain(exported: unknown): { readonly value: Json; readonly problems: readonly string[] } {
  const problems: string[] = []
  const inside = new Set<object>()
  let values = 0

  const copy = (value: unknown, path: Path): Json => {
    if (++values > VALUES_MAX) {
      if (values === VALUES_MAX + 1)
        problems.push(refusal(path, `more than ${VALUES_MAX} values`, 'a config of a sensible size; make it smaller'))
      return null
    }
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (typeof value !== 'object') {
      problems.push(refusal(path, nameOf(value), cureOf(value)))
      return null
    }
    if (inside.has(value)) {
      problems.push(refusal(path, 'a value that contains itself', 'a tree; write out what is meant here'))
      return null
    }
    const list = Array.isArray(value)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (!list && prototype !== Object.prototype && prototype !== null) {
      problems.push(refusal(path, nameOf(value), cureOf(value)))
      return null
    }
    inside.add(value)
    const copied = list
      ? Array.from(value, (held: unknown, index) => copy(held, [...path, index]))
      : copyObject(value, path)
    inside.delete(value)
    return copied
  }

  const copyObject = (value: object, path: Path): Json => {
    const copied: Record<string, Json> = {}
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      problems.push(refusal(path, `the key ${String(symbol)}`, 'names as keys; use a string'))
    }
    for (const [key, held] of Object.entries(value)) {
      if (key === '__proto__') problems.push(refusal([...path, key], 'a reserved key', 'another name; rename it'))
      else if (held !== undefined) copied[key] = copy(held, [...path, key])
    }
    return copied
  }

  return { value: copy(exported, []), problems }
}

function refusal(path: Path, given: string, expected: string): string {
  return `${formatPath(path)}: got ${given}, expected ${expected}`
}

function nameOf(value: unknown): string {
  if (typeof value === 'function') return `the function ${value.name || '(without a name)'}`
  if (typeof value !== 'object' || value === null)
    return typeof value === 'bigint' ? `the bigint ${value}n` : String(value)
  const maker: unknown = Object.getPrototypeOf(value)?.constructor?.name
  if (value instanceof Date) return `a Date (${Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString()})`
  return typeof maker === 'string' && maker !== '' ? `an instance of ${maker}` : 'an object with a prototype'
}

function cureOf(value: unknown): string {
  if (value instanceof Date)
    return `text; write '${Number.isNaN(value.getTime()) ? '2026-01-31T22:00:00Z' : value.toISOString()}'`
  if (value instanceof Promise) return 'a value; write await before it'
  if (typeof value === 'function') return 'a value; call it here, or write what it returns'
  if (typeof value === 'number' || typeof value === 'bigint') return 'a finite number; write it out'
  if (value === undefined) return 'a value; take the element out of the list'
  return 'plain text, numbers, lists and objects; write what is meant as one of them'
}
