import type { DrainReport } from './admin/protocol.ts'
import type { Claim } from './upstream.ts'

export interface DrainOptions {
  /** What is in flight now. */
  readonly claims: readonly Claim[]
  /** All of it has to be gone by then. */
  readonly withinMs: number
  /** Asked before anything is ended or cut: false when the upstream is back in the table and its requests may stay. */
  readonly leaving: (claim: Claim) => boolean
}

/**
 * Waits until the claims have been released. WebSockets and event streams are asked to end, spread evenly over the first half
 * of the time so that their clients do not all come back at once; what is still there at its end is cut.
 */
export function drain({ claims, withinMs, leaving }: DrainOptions): Promise<DrainReport> {
  const left = new Set(claims)
  const ended = new Set<Claim>()
  const report = { finished: 0, cut: 0, websockets: 0, streams: 0 }
  const timers: NodeJS.Timeout[] = []
  return new Promise((resolve) => {
    if (left.size === 0) return resolve(report)
    for (const claim of claims) {
      claim.onReleased(() => {
        if (!left.delete(claim)) return
        if (!ended.has(claim)) report.finished += 1
        settleWhenEmpty()
      })
    }
    const lasting = claims.filter((claim) => claim.kind !== 'request')
    const halfMs = withinMs / 2
    for (const [index, claim] of lasting.entries()) after((halfMs * index) / lasting.length, () => end(claim))
    // A request may have become an event stream since.
    after(halfMs, () => {
      for (const claim of left) if (claim.kind !== 'request') end(claim)
    })
    after(withinMs, () => {
      for (const claim of left) cut(claim)
      settleWhenEmpty()
    })

    function settleWhenEmpty(): void {
      if (left.size > 0) return
      for (const timer of timers) clearTimeout(timer)
      resolve(report)
    }
  })

  function after(ms: number, act: () => void): void {
    timers.push(setTimeout(act, ms))
  }

  function end(claim: Claim): void {
    if (!left.has(claim) || ended.has(claim) || !leaving(claim)) return
    // Before the act: it may release the claim at once.
    ended.add(claim)
    if (claim.kind === 'websocket') report.websockets += 1
    else report.streams += 1
    claim.end?.()
  }

  function cut(claim: Claim): void {
    left.delete(claim)
    if (!leaving(claim)) return void (report.finished += ended.has(claim) ? 0 : 1)
    if (!ended.has(claim)) report.cut += 1
    claim.cut?.()
  }
}
