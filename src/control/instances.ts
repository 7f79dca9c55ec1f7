import type { Scrub } from '../core/scrub.ts'
import type { Instance } from '../deploy/release.ts'

/** What the parts of control ask of whoever keeps the instances: docs/decisions/0028. */
export interface Instances {
  instances(): readonly Instance[]
  /** Whether instances can be started and stopped from in here. Where they cannot, that is owed to the next command. */
  readonly acts: boolean
  /** Ends an instance. Stopping what is gone succeeds. `acts`: resolves when it is gone; otherwise when it is marked so. */
  stop(id: string): Promise<void>
  /** An instance no longer answers: `acts`: ends and starts it. */
  restartWedged(id: string, because: string): Promise<void>
  /** Takes out of text what an instance was started with and nobody is to see: its secrets, the passwords of its needs. */
  scrubOf(id: string): Scrub
  /** With which variables an instance is started, by name, and when it ended last; null where that is not known. */
  examine(id: string): { readonly variables: readonly string[]; readonly endedAt: number | null } | null
}
