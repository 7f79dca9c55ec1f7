import { BlockList, isIP } from 'node:net'
import type { HeaderList } from './exchange.ts'

/** Hops of X-Forwarded-For that are looked at; a longer list is somebody's game. */
export const HOPS_MAX = 32

/** A list of CIDR blocks or single addresses. Throws on text that is neither. */
export function blockListOf(blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [address, bits] = block.split('/')
    const family = isIP(address!)
    if (family === 0) throw new Error(`${block} is no address and no CIDR block`)
    const type = family === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address!, type)
    else list.addSubnet(address!, Number(bits), type)
  }
  return list
}

/** An IPv4 address that came over an IPv6 socket is an IPv4 address. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

export function isIn(list: BlockList, address: string): boolean {
  let known = verdicts.get(list)
  if (known === undefined) verdicts.set(list, (known = new Map()))
  const verdict = known.get(address)
  if (verdict !== undefined) return verdict
  const family = isIP(address)
  const found = family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4')
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(address, found)
  return found
}

// A list is never changed once it is asked, and asking it costs a microsecond; most requests come from few peers.
const KNOWN_MAX = 1_024
const verdicts = new WeakMap<BlockList, Map<string, boolean>>()

/**
 * The address of the client: the peer, or, while that is a trusted proxy, whom it says it speaks for, read from the right.
 * What stands left of the first untrusted hop was written by somebody nobody vouches for.
 */
export function clientAddressOf(peer: string, headers: HeaderList, trusted: BlockList): string {
  let address = peer
  if (!isIn(trusted, address)) return address
  const hops = forwardedFor(headers)
  for (let index = hops.length - 1; index >= 0 && index >= hops.length - HOPS_MAX; index--) {
    const hop = plainAddress(hops[index]!)
    if (isIP(hop) === 0) break
    address = hop
    if (!isIn(trusted, address)) break
  }
  return address
}

function forwardedFor(headers: HeaderList): string[] {
  const hops: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]!.toLowerCase() !== 'x-forwarded-for') continue
    hops.push(...headers[index + 1]!.split(',').map((hop) => hop.trim()))
  }
  return hops
}
