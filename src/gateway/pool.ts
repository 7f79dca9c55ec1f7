import type { Claim, Upstream } from './upstream.ts'

/** The upstreams of one service. */
export interface Pool {
  readonly upstreams: readonly Upstream[]
  /**
   * Chooses the least busy upstream, in turn among equals, and counts the request on it in the same synchronous step:
   * between the two no other table can come. Healthy ones first, then suspect ones, then any that `not` does not name,
   * then any at all. Null when there is no upstream. `preferred` goes before all others while it is healthy.
   */
  claim(not: readonly Upstream[], preferred?: Upstream | null): Claim | null
}

export function createPool(upstreams: readonly Upstream[]): Pool {
  let turn = 0
  return {
    upstreams,
    claim(not, preferred = null) {
      // Most services of a small app: nothing to choose.
      if (upstreams.length === 1) return upstreams[0]!.claim()
      const chosen =
        (preferred?.healthy === true && !preferred.suspect && !not.includes(preferred) ? preferred : null) ??
        leastBusy((upstream) => upstream.healthy && !upstream.suspect && !not.includes(upstream)) ??
        leastBusy((upstream) => upstream.healthy && !not.includes(upstream)) ??
        leastBusy((upstream) => !not.includes(upstream)) ??
        leastBusy(() => true)
      return chosen?.claim() ?? null
    },
  }

  function leastBusy(eligible: (upstream: Upstream) => boolean): Upstream | null {
    let best: Upstream | null = null
    for (let offset = 0; offset < upstreams.length; offset++) {
      const upstream = upstreams[(turn + offset) % upstreams.length]!
      if (eligible(upstream) && (best === null || upstream.claims.size < best.claims.size)) best = upstream
    }
    if (best !== null) turn = (upstreams.indexOf(best) + 1) % upstreams.length
    return best
  }
}
