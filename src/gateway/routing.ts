import { messageOf } from '../core/problem.ts'
import type { HealthWatch, Probe } from './health.ts'
import { watchHealth } from './health.ts'
import { evenDraw } from './draw.ts'
import { fencedOff } from './fencing.ts'
import { createPool } from './pool.ts'
import type { Pool } from './pool.ts'
import { createRouter } from './router.ts'
import type { Router } from './router.ts'
import { blockListOf } from './client-address.ts'
import type { Backend, Canary, RoutingTable, Upstream as UpstreamAddress } from './table.ts'
import { createUpstream } from './upstream.ts'
import type { Claim, Upstream } from './upstream.ts'
import type { UpstreamLink } from './upstream-link.ts'
import type { BlockList } from 'node:net'

/** A table made ready for use. Replaced whole, by one assignment. */
export interface Routing {
  readonly table: RoutingTable
  readonly router: Router
  readonly pools: ReadonlyMap<string, Pool>
  readonly trial: Trial | null
  readonly trustedProxies: BlockList
}

/** The release on trial, made ready for use. */
export interface Trial extends Canary {
  readonly pools: ReadonlyMap<string, Pool>
  /** A bucket for a client about whom nothing is known. */
  draw(): number
}

export interface RoutingState {
  /** Null before the first table. Read it again after every await. */
  readonly current: Routing | null
  /** The highest fencing token seen, 0 before the first. */
  readonly token: number
  /** Makes `table` the current one in one synchronous step. Returns why it was refused, or null. */
  apply(table: RoutingTable): string | null
  /** Upstreams of this and of earlier tables that still have requests, by id. */
  find(id: string): Upstream | null
  /** Upstreams of the current table that health checks have taken out, by id. */
  down(): string[]
  /** Everything in flight. */
  claims(): Claim[]
  close(): void
}

export interface RoutingParts {
  readonly link: (address: UpstreamAddress) => UpstreamLink
  readonly probe: Probe
  /** Called after a table has become current. */
  readonly onApplied?: (routing: Routing) => void
}

/** Holds the current table and the upstreams that live on from table to table. */
export function createRoutingState({ link, probe, onApplied }: RoutingParts): RoutingState {
  const upstreams = new Map<string, Upstream>()
  const watches = new Map<string, HealthWatch>()
  const draw = evenDraw(Math.random())
  // Fields, not getters: of an object written down with getters V8 looks every property up in a dictionary, and every request asks.
  const state = {
    current: null as Routing | null,
    token: 0,
    apply(table: RoutingTable): string | null {
      const { current, token } = state
      const reason = fencedOff(table, { version: current?.table.version ?? -1, token })
      if (reason !== null) return reason
      let routing: Routing
      try {
        routing = build(table)
      } catch (error) {
        return messageOf(error)
      }
      state.token = table.token
      state.current = routing
      retireUnlisted(table)
      onApplied?.(routing)
      return null
    },
    find: (id: string) => upstreams.get(id) ?? null,
    down: () => [...upstreams.values()].flatMap(({ id, healthy, listed }) => (listed && !healthy ? [id] : [])),
    claims: () => [...upstreams.values()].flatMap((upstream) => [...upstream.claims]),
    close() {
      for (const watch of watches.values()) watch.stop()
      for (const upstream of upstreams.values()) upstream.link.close()
    },
  }
  return state

  function build(table: RoutingTable): Routing {
    // Everything that can throw comes before the first change.
    const router = createRouter(table.routes, table.options)
    const trustedProxies = blockListOf(table.trustedProxies)
    const { canary } = table
    const trial = canary && { ...canary, pools: poolsOf(canary.services), draw }
    return { table, router, pools: poolsOf(table.services), trial, trustedProxies }
  }

  function poolsOf(services: RoutingTable['services']): ReadonlyMap<string, Pool> {
    const pools = new Map<string, Pool>()
    for (const [service, backend] of Object.entries(services)) {
      if (backend.kind !== 'upstreams') continue
      const members = backend.upstreams.map(upstreamFor)
      for (const upstream of members) {
        const watch = watches.get(upstream.id)
        if (watch === undefined) watches.set(upstream.id, watchHealth(upstream, backend.health, probe))
        else watch.update(backend.health)
      }
      pools.set(service, createPool(members))
    }
    return pools
  }

  function upstreamFor(address: UpstreamAddress): Upstream {
    const known = upstreams.get(address.id)
    if (known?.address.host === address.host && known.address.port === address.port) {
      known.listed = true
      return known
    }
    // Started again on another port: its process has ended, and what still waits for it fails by itself.
    if (known !== undefined) replace(known)
    const upstream = createUpstream(address, link(address))
    upstream.onIdle = () => forgetWhenDone(upstream)
    upstreams.set(address.id, upstream)
    return upstream
  }

  function replace(upstream: Upstream): void {
    upstream.listed = false
    upstreams.delete(upstream.id)
    watches.get(upstream.id)?.stop()
    watches.delete(upstream.id)
    forgetWhenDone(upstream)
  }

  function retireUnlisted(table: RoutingTable): void {
    const listed = new Set(
      [table.services, table.canary?.services ?? {}]
        .flatMap((services): readonly Backend[] => Object.values(services))
        .flatMap((backend) => (backend.kind === 'upstreams' ? backend.upstreams.map(({ id }) => id) : [])),
    )
    for (const upstream of upstreams.values()) {
      if (listed.has(upstream.id)) continue
      upstream.listed = false
      watches.get(upstream.id)?.stop()
      watches.delete(upstream.id)
      forgetWhenDone(upstream)
    }
  }

  function forgetWhenDone(upstream: Upstream): void {
    if (upstream.listed || upstream.claims.size > 0) return
    if (upstreams.get(upstream.id) === upstream) upstreams.delete(upstream.id)
    upstream.link.close()
  }
}
