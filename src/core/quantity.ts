/** A parsed value, or a sentence that completes "expected …": what it should have been, how to write it, an example. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly expected: string }

/** At most `count` in each `perMs` milliseconds. */
export interface Rate {
  readonly count: number
  readonly perMs: number
}

export const EXPECTED_DURATION = "a duration; write a number with ms, s, min, h or d, such as '30s'"
export const EXPECTED_RATIO = "a ratio; write a percentage from 0% to 100%, such as '99.9%'"
export const EXPECTED_SIZE = "a size; write a number with B, KiB, MiB, GiB or TiB, such as '10MiB'"
export const EXPECTED_RATE = "a rate; write a whole number above 0 per time, such as '300/s' or '5/5min'"
export const EXPECTED_FACTOR = "a factor of at least 1; write a number with x, such as '1.5x'"

/** '200ms' '30s' '5min' '6h' '30d' → whole milliseconds. Fractions are fine where the result is whole: '1.5s'. */
export function parseDuration(text: string): Parsed<number> {
  return parseUnits(text, DURATION_UNITS, EXPECTED_DURATION)
}

/** '64KiB' '10MiB' '20GiB' → whole bytes. */
export function parseSize(text: string): Parsed<number> {
  return parseUnits(text, SIZE_UNITS, EXPECTED_SIZE)
}

/** '99.9%' → 0.999: the same number as the literal, without the dirt of a division. */
export function parseRatio(text: string): Parsed<number> {
  const digits = match(text, /^(\d+(?:\.\d+)?)%$/)?.[1]
  const value = Number(`${digits}e-2`)
  return digits !== undefined && value <= 1 ? { ok: true, value } : { ok: false, expected: EXPECTED_RATIO }
}

/** '300/s' '60/min' '1000/h' '5/5min' → a count and the time it is counted over. */
export function parseRate(text: string): Parsed<Rate> {
  const [, digits = '', per = ''] = match(text, /^(\d+)\/(.+)$/) ?? []
  const count = Number(digits)
  const duration = parseDuration(/^\d/.test(per) ? per : `1${per}`)
  const bounded = count > 0 && count <= Number.MAX_SAFE_INTEGER
  if (!bounded || !duration.ok || duration.value === 0) return { ok: false, expected: EXPECTED_RATE }
  return { ok: true, value: { count, perMs: duration.value } }
}

/** '1.5x' → 1.5; below 1 is refused: a limit under what is normal always trips. */
export function parseFactor(text: string): Parsed<number> {
  const value = Number(match(text, /^(\d+(?:\.\d+)?)x$/)?.[1])
  return value >= 1 && value <= Number.MAX_SAFE_INTEGER ? { ok: true, value } : { ok: false, expected: EXPECTED_FACTOR }
}

/** No quantity worth writing is longer; what is longer is not looked at. */
const TEXT_LENGTH_MAX = 40

const DURATION_UNITS: Readonly<Record<string, bigint>> = {
  ms: 1n,
  s: 1000n,
  min: 60_000n,
  h: 3_600_000n,
  d: 86_400_000n,
}

const SIZE_UNITS: Readonly<Record<string, bigint>> = {
  B: 1n,
  KiB: 1n << 10n,
  MiB: 1n << 20n,
  GiB: 1n << 30n,
  TiB: 1n << 40n,
}

/** Whole-number arithmetic throughout: '0.3s' is 300 and not 300.00000000000006. */
function parseUnits(text: string, units: Readonly<Record<string, bigint>>, expected: string): Parsed<number> {
  const [, whole, fraction = '', unit = ''] = match(text, /^(\d+)(?:\.(\d+))?([A-Za-z]+)$/) ?? []
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined
  if (whole === undefined || factor === undefined) return { ok: false, expected }
  const scaled = BigInt(whole + fraction) * factor
  const divisor = 10n ** BigInt(fraction.length)
  const value = scaled / divisor
  if (scaled % divisor !== 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) return { ok: false, expected }
  return { ok: true, value: Number(value) }
}

function match(text: string, pattern: RegExp): RegExpExecArray | null {
  return text.length <= TEXT_LENGTH_MAX ? pattern.exec(text) : null
}
