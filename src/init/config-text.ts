/** A config as a tree that knows where each of its lines comes from; its text, its value and the list of guesses are made of it. */

export type Value = string | number | readonly string[] | Call | readonly Entry[]

/** `postgres({ version: '17' })`: written as a call, means its `kind` and its options. */
export interface Call {
  readonly call: 'postgres' | 'redis' | 'kafka' | 'sqlite'
  readonly options: readonly Entry[]
}

export interface Entry {
  readonly key: string
  readonly value: Value
  /** From which file, and what was seen; several lines where several things matter. Empty for what follows by itself. */
  readonly because: readonly string[]
}

type Plain = string | number | readonly string[] | { readonly [key: string]: Plain }

/** What the config exports, as plain data. */
export function plainOf(entries: readonly Entry[]): { readonly [key: string]: Plain } {
  return Object.fromEntries(entries.map(({ key, value }) => [key, plainValue(value)]))
}

function plainValue(value: Value): Plain {
  if (isCall(value)) return { kind: value.call, ...plainOf(value.options) }
  return isEntries(value) ? plainOf(value) : value
}

/** One line of a config that was inferred. */
export interface Reason {
  readonly path: string
  readonly value: string
  readonly because: string
}

/** Every inferred line, in the order of the config. */
export function reasonsOf(entries: readonly Entry[], path = ''): readonly Reason[] {
  return entries.flatMap(({ key, value, because }) => {
    const here = path === '' ? key : `${path}.${key}`
    const own = because.length === 0 ? [] : [{ path: here, value: shown(value), because: because.join('; ') }]
    const inner = isCall(value) ? value.options : isEntries(value) ? value : []
    return [...own, ...reasonsOf(inner, here)]
  })
}

function shown(value: Value): string {
  if (isCall(value)) return oneLine(value)
  if (isEntries(value)) return ''
  return typeof value === 'object' ? value.join(', ') : String(value)
}

/** The file: an import, and `defineApp` with a comment above every line that was inferred. */
export function textOf(entries: readonly Entry[], head: readonly string[]): string {
  const calls = [...new Set(callsIn(entries))].toSorted()
  const comments = head.map((line) => `${comment(line)}\n`).join('')
  return `${comments}import { ${['defineApp', ...calls].join(', ')} } from 'seaworthy'\n\nexport default defineApp({\n${block(entries, 1)}})\n`
}

function callsIn(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap(({ value }) => (isCall(value) ? [value.call] : isEntries(value) ? callsIn(value) : []))
}

function block(entries: readonly Entry[], depth: number): string {
  const indent = '  '.repeat(depth)
  return entries
    .map(({ key, value, because }) => {
      const reasons = because.map((line) => `${indent}${comment(line)}\n`).join('')
      const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : literal(key)
      if (!isEntries(value)) return `${reasons}${indent}${name}: ${oneLine(value)},\n`
      return `${reasons}${indent}${name}: {\n${block(value, depth + 1)}${indent}},\n`
    })
    .join('')
}

function oneLine(value: string | number | readonly string[] | Call): string {
  if (isCall(value)) {
    const options = value.options
      .map(({ key, value: held }) => `${key}: ${oneLine(held as string | number)}`)
      .join(', ')
    return `${value.call}(${options === '' ? '' : `{ ${options} }`})`
  }
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? literal(value) : `[${value.map((each) => literal(each)).join(', ')}]`
}

/** In single quotes where that needs no backslash. JSON's escapes are JavaScript's as well. */
function literal(text: string): string {
  return /['\\\p{Cc}\u2028\u2029]/u.test(text) ? JSON.stringify(text) : `'${text}'`
}

/** What a project's files say must not end its own comment. */
export const COMMENT_LENGTH_MAX = 160
function comment(line: string): string {
  const plain = line.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
  return `// ${plain.length > COMMENT_LENGTH_MAX ? `${plain.slice(0, COMMENT_LENGTH_MAX)} …` : plain}`
}

function isCall(value: Value): value is Call {
  return typeof value === 'object' && 'call' in value
}

function isEntries(value: Value): value is readonly Entry[] {
  return Array.isArray(value) && (value.length === 0 || typeof value[0] === 'object')
}
