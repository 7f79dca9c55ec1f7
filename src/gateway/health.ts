import type { HealthCheck } from './table.ts'
import type { Upstream } from './upstream.ts'

/** One look at an upstream: true when it passes. Settles within the check's timeout; a rejection is a failure. */
export type Probe = (upstream: Upstream, check: HealthCheck) => Promise<boolean>

export interface HealthWatch {
  /** The check changed with the table. */
  update(check: HealthCheck): void
  stop(): void
}

/**
 * Looks at `upstream` every `intervalMs`, each time a little earlier or later so that many watches spread, and at once when a
 * connection to it failed. Consecutive failures take it out, consecutive passes bring it back; one pass ends a suspicion.
 */
export function watchHealth(upstream: Upstream, check: HealthCheck, probe: Probe): HealthWatch {
  let current = check
  let passes = 0
  let failures = 0
  let stopped = false
  let looking = false
  let timer = schedule()

  upstream.onSuspect = () => {
    if (upstream.suspect) return
    upstream.suspect = true
    lookSoon(0)
  }
  return {
    update: (next) => void (current = next),
    stop() {
      stopped = true
      clearTimeout(timer)
      upstream.onSuspect = () => {}
    },
  }

  function schedule(ms = current.intervalMs * (0.9 + Math.random() * 0.2)): NodeJS.Timeout {
    return setTimeout(() => void look(), ms).unref()
  }

  function lookSoon(ms: number): void {
    if (looking || stopped) return
    clearTimeout(timer)
    timer = schedule(ms)
  }

  async function look(): Promise<void> {
    looking = true
    const passed = await probe(upstream, current).catch(() => false)
    looking = false
    if (stopped) return
    if (passed) {
      passes += 1
      failures = 0
      upstream.suspect = false
      if (passes >= current.passes) upstream.healthy = true
    } else {
      failures += 1
      passes = 0
      if (failures >= current.failures) upstream.healthy = false
    }
    // A suspicion is settled soon, not at leisure: the upstream may just be starting again.
    timer = schedule(upstream.suspect ? Math.min(SUSPECT_EVERY_MS, current.intervalMs) : undefined)
  }
}

const SUSPECT_EVERY_MS = 500
