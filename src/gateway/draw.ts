import { blockListOf, isIn } from './client-address.ts'

/**
 * Evenly spread numbers from 0 to 1: after any run of n draws the share below a bound is right within a few n-ths, where
 * chance alone would stray by its square root. A trial of twenty clients at 5 % has its one.
 */
export function evenDraw(start: number): () => number {
  let last = start
  return () => (last = (last + GOLDEN) % 1)
}

/** A number from 0 to 1 that the text decides; near texts lie far apart. */
export function hashDraw(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  // FNV alone leaves texts that differ at their end close together; the finaliser of MurmurHash3 spreads them.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x100000000
}

/** Whether an address can stand for one client. A loopback or private peer is a proxy nobody declared, or a test. */
export function isOneClient(address: string, peer: string): boolean {
  return address !== peer || !isIn(PRIVATE, address)
}

/** The fractional part of the golden ratio: the most irrational step there is. */
const GOLDEN = 0.618033988749895

const PRIVATE = blockListOf([
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '::1',
  'fc00::/7',
  'fe80::/10',
])
