import type { Pair } from './pair.ts'

/** Splits a file that holds a key and its chain. */
export function splitPem(text: string): Pair | null {
  const at = text.indexOf('-----BEGIN CERTIFICATE-----')
  return at <= 0 ? null : { key: text.slice(0, at), chain: text.slice(at) }
}
