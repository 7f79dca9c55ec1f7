import { clientKey } from '../limit/client-key.ts'

/** Under which an address is locked: an IPv6 client has a network of addresses to choose from. */
export function addressKey(address: string): string {
  return `address ${clientKey(address)}`
}

/** Under which an account is locked. */
export function accountKey(name: string): string {
  return ACCOUNT + name.trim().toLowerCase()
}

/** The account's key in what an event says of its principal; null: it is of nobody's account. */
export function accountKeyIn(principal: string | null): string | null {
  return principal?.startsWith(ACCOUNT) === true ? principal : null
}

const ACCOUNT = 'account '
