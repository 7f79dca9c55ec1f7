/** The time that a field holds, in milliseconds since the epoch: seconds, milliseconds, micro- or nanoseconds, or ISO 8601. */
export function timeOf(value: unknown): number | null {
  if (typeof value === 'number') return numberTime(value)
  if (typeof value !== 'string') return null
  if (/^\d{10,19}(?:\.\d+)?$/.test(value)) return numberTime(Number(value))
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : at
}

/** The last moment that a date can hold (ECMA-262, time values and time range). */
const LAST_MS = 8.64e15

/** By its size: what would be before 1973 in one unit is the next larger one. */
function numberTime(value: number): number | null {
  if (!(value > 0) || value > LAST_MS * 1e6) return null
  if (value > 1e17) return Math.floor(value / 1e6)
  if (value > 1e14) return Math.floor(value / 1e3)
  return Math.floor(value > 1e11 ? value : value * 1e3)
}

/** The time at the beginning of a line of text; without a zone it is the machine's. */
export function textTime(line: string): number | null {
  const found = STAMP.exec(line)
  if (found === null) return null
  const [, date, clock, zone] = found
  const at = Date.parse(`${date!.replaceAll('/', '-')}T${clock!.replace(',', '.')}${zone ?? ''}`)
  return Number.isNaN(at) ? null : at
}

const STAMP = /^\W{0,2}(\d{4}[-/]\d\d[-/]\d\d)[T ](\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)\s?(Z|[+-]\d\d:\d\d)?/
