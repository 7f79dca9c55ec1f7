import { Roll } from './roll.ts'
import type { Enrolled } from './roll.ts'
import type { Upstream as UpstreamAddress } from './table.ts'
import type { UpstreamLink } from './upstream-link.ts'

export type ClaimKind = 'request' | 'websocket' | 'stream'

/** One request counted on one upstream, from the moment the upstream is chosen until the last byte has been sent. */
export interface Claim extends Enrolled {
  readonly upstream: Upstream
  /** A request becomes a WebSocket or an event stream once its answer's head is known. */
  kind: ClaimKind
  /** Asks the exchange to end in a way that makes its client come back; for WebSockets and event streams. */
  end: (() => void) | null
  /** Cuts the client's connection. */
  cut: (() => void) | null
  /** Called once, when the claim is released. */
  onReleased(listener: () => void): void
  /** Counts it off. Later calls do nothing. */
  release(): void
}

/**
 * One instance of a service. The same id is the same object in every table that has it, so that its counts, connections
 * and health survive a change of the table.
 */
export interface Upstream {
  readonly id: string
  readonly release: string
  readonly address: UpstreamAddress
  readonly link: UpstreamLink
  readonly claims: Pick<Roll<Claim>, 'size' | typeof Symbol.iterator>
  /** False once the health check has failed often enough. */
  healthy: boolean
  /** A connection could not be made: chosen last until a check passes. */
  suspect: boolean
  /** Whether the current table has it. */
  listed: boolean
  claim(): Claim
  /** Called every time the last claim has been released. */
  onIdle: () => void
  /** Called when a connection attempt failed. */
  onSuspect: () => void
}

/** An upstream counts as healthy until a check says otherwise: the gate has seen it ready. */
export function createUpstream(address: UpstreamAddress, link: UpstreamLink): Upstream {
  const claims = new Roll<Claim>()
  const upstream: Upstream = {
    id: address.id,
    release: address.release,
    address,
    link,
    claims,
    healthy: true,
    suspect: false,
    listed: true,
    onIdle: () => {},
    onSuspect: () => {},
    claim() {
      const claim = new OpenClaim(upstream, claims)
      claims.add(claim)
      return claim
    },
  }
  return upstream
}

class OpenClaim implements Claim {
  seat = -1
  readonly upstream: Upstream
  kind: ClaimKind = 'request'
  end: (() => void) | null = null
  cut: (() => void) | null = null
  readonly #claims: Roll<Claim>
  #listeners: (() => void)[] | null = null

  constructor(upstream: Upstream, claims: Roll<Claim>) {
    this.upstream = upstream
    this.#claims = claims
  }

  onReleased(listener: () => void): void {
    ;(this.#listeners ??= []).push(listener)
  }

  release(): void {
    if (!this.#claims.delete(this)) return
    if (this.#listeners !== null) for (const listener of this.#listeners) listener()
    if (this.#claims.size === 0) this.upstream.onIdle()
  }
}
