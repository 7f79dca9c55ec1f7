import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import type { Instances } from './instances.ts'
import { pruneLogs } from './prune-logs.ts'
import type { RosterTable } from './roster-table.ts'
import type { SecretFiles } from './secrets.ts'
import type { State } from './state.ts'
import { wayBack } from './way-back.ts'

/** Of those that have been live, the newest; beside them, those that are on the way back. */
export const RELEASES_KEPT = 5

export interface RetentionOptions {
  readonly folder: string
  readonly state: State
  readonly instances: Pick<Instances, 'instances' | 'stop'>
  readonly roster: Pick<RosterTable, 'keepOnly'>
  readonly secrets: SecretFiles
  readonly clock: Clock
  /** Somebody is at work, or a deploy waits to be settled: then nothing is taken away. */
  readonly isBusy: () => boolean
}

/** What is kept for how long: warm instances, old releases with their secrets, logs. */
export class Retention {
  readonly #options: RetentionOptions

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  /** Stops a warm release whose time is over, and whatever runs that nothing needs. */
  async retire(): Promise<void> {
    const { state, instances, clock, isBusy } = this.#options
    if (isBusy()) return
    const until = state.get('warmUntil')
    const { live, warm } = state.world()
    if (warm !== null && until !== null && until <= clock.now()) {
      state.atomically(() => {
        state.set('warm', null)
        state.set('warmUntil', null)
      })
      const text = `${warm} was kept warm long enough; a rollback now starts it again`
      state.addEvent(clock.now(), 'warm-retired', text)
    }
    const needed = new Set([live, state.get('warm')])
    const strays = instances.instances().filter(({ release }) => !needed.has(release))
    await Promise.all(strays.map(({ id }) => instances.stop(id)))
  }

  /** Forgets releases that are neither in use nor on the way back nor among the newest that have been live. */
  forgetOldReleases(): void {
    const { folder, state, instances, roster, secrets } = this.#options
    const { live, warm } = state.world()
    const newest = state.onceLive().slice(0, RELEASES_KEPT)
    const running = instances.instances().map(({ release }) => release)
    // What a migration that is under way leaves is found out by the connections of its release.
    const migrating = state.migrationRuns.running().map(({ release }) => release)
    const kept = new Set([live, warm, ...wayBack(state), ...newest.map(({ id }) => id), ...running, ...migrating])
    for (const { id } of state.releases()) {
      if (kept.has(id)) continue
      state.forgetRelease(id)
      secrets.forget(id)
    }
    roster.keepOnly(state.releases())
    pruneLogs(join(folder, 'logs'), state.get('sequence'))
  }
}
