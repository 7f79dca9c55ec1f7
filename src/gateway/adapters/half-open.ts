/** TLS connections whose handshake is not done yet: bounded in number, in number per address, and in time. */

/** Of one worker. A handshake takes a few milliseconds of it: more than this at once are not users. */
export const HALF_OPEN_MAX = 1_024
/** Of one address: leaves room for the others. */
export const HALF_OPEN_PER_ADDRESS_MAX = 128
/** From accept to the end of the handshake, however the bytes trickle in. */
export const HANDSHAKE_MS = 10_000
const SWEEP_MS = 250

export interface HalfOpen {
  readonly size: number
  /** False: there is no room for one more. `expire` is called when the handshake has not ended in time. */
  add(peer: Peer, expire: () => void): boolean
  /** The handshake is done, or the connection gone. Calling it again does nothing. */
  delete(peer: Peer): void
  close(): void
}

export interface Peer {
  readonly address: string
  readonly port: number
}

export interface HalfOpenLimits {
  readonly max?: number
  readonly perAddressMax?: number
  readonly withinMs?: number
  /** Milliseconds, never going back. */
  readonly now?: () => number
}

export function createHalfOpen({
  max = HALF_OPEN_MAX,
  perAddressMax = HALF_OPEN_PER_ADDRESS_MAX,
  withinMs = HANDSHAKE_MS,
  now = () => performance.now(),
}: HalfOpenLimits = {}): HalfOpen {
  /** In the order of their beginnings, so that the oldest are found first. */
  const open = new Map<string, { readonly address: string; readonly until: number; readonly expire: () => void }>()
  const perAddress = new Map<string, number>()
  let sweeping: NodeJS.Timeout | undefined
  return {
    get size() {
      return open.size
    },
    add(peer, expire) {
      const ofAddress = perAddress.get(peer.address) ?? 0
      if (open.size >= max || ofAddress >= perAddressMax) return false
      perAddress.set(peer.address, ofAddress + 1)
      open.set(keyOf(peer), { address: peer.address, until: now() + withinMs, expire })
      sweeping ??= setInterval(sweep, SWEEP_MS)
      return true
    },
    delete: (peer) => forget(keyOf(peer)),
    close() {
      clearInterval(sweeping)
      sweeping = undefined
    },
  }

  function forget(key: string): void {
    const found = open.get(key)
    if (found === undefined) return
    open.delete(key)
    const left = perAddress.get(found.address)! - 1
    if (left === 0) perAddress.delete(found.address)
    else perAddress.set(found.address, left)
    if (open.size > 0) return
    clearInterval(sweeping)
    sweeping = undefined
  }

  function sweep(): void {
    const at = now()
    for (const [key, { until, expire }] of open) {
      if (until > at) return
      forget(key)
      expire()
    }
  }
}

function keyOf({ address, port }: Peer): string {
  return `${address} ${port}`
}
