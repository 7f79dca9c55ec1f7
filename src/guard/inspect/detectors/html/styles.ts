/** Style that runs script, or fetches from elsewhere. */
import { skipJunk, spelledAt } from './scheme.ts'

const RUNNING = ['expression', 'behavior', 'behaviour', 'binding'] as const
const BACK_MAX = 24

/** Whether a word may be one of those at a glance: by its first two characters, the second of which may be junk. */
export function mayRunStyle(units: Uint16Array, start: number): boolean {
  const first = units[start]!
  if (first !== 101 && first !== 98) return false
  const second = units[start + 1]!
  return (
    second <= 32 ||
    second === 92 ||
    second === 47 ||
    second >= 127 ||
    (first === 101 ? second === 120 : second === 101 || second === 105)
  )
}

/**
 * The end of what begins at `start` and runs script in a style: `expression(`, `behavior:`, however spelled; -1 when nothing does.
 * Outside a style attribute a property must stand before it (`x:expression(`).
 */
export function runningStyleAt(units: Uint16Array, start: number, inStyle: boolean, broken: boolean): number {
  for (const word of RUNNING) {
    if (units[start] !== word.charCodeAt(0)) continue
    const end = spelledAt(units, start, word)
    if (end < 0) continue
    const next = skipJunk(units, end)
    const mark = units[next]!
    const runs =
      word === 'expression'
        ? mark === 40 && (inStyle || followsColon(units, start))
        : mark === 58 && (inStyle || broken)
    if (runs) return next + 1
  }
  return -1
}

function followsColon(units: Uint16Array, at: number): boolean {
  for (let before = at - 1; before >= 0 && before > at - BACK_MAX; before--) {
    const code = units[before]!
    if (code === 58) return true
    if (code > 32 && code < 127) return false
  }
  return false
}

/** Whether `url(` stands before `at`, with blanks and quotes between or not. */
export function followsUrl(units: Uint16Array, lower: string, at: number): boolean {
  let before = at - 1
  const bound = Math.max(3, at - BACK_MAX)
  while (before > bound && isPadding(units[before]!)) before--
  if (units[before] !== 40) return false
  before--
  while (before > bound && units[before]! <= 32) before--
  return lower.startsWith('url', before - 2)
}

function isPadding(code: number): boolean {
  return code <= 32 || code === 34 || code === 39
}
