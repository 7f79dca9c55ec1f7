import type { ResolvedSmoke } from '../config/resolved.ts'
import type { Instance, Release } from './release.ts'

/** The port to whatever runs instances. Every call can be made again after a crash without harm. */
export interface Target {
  /** Puts the files of a service in place, built and read-only. Leaves nothing behind when it fails. */
  prepare(release: Release, service: string, onLine: (line: string) => void): Promise<void>
  /** Artifacts that are in place already. */
  prepared(): Promise<readonly string[]>
  /** Runs the expanding migration of a service, once; a failure is a Problem with its last lines. */
  migrate(release: Release, service: string, onLine: (line: string) => void): Promise<void>
  /** Begins the instances of a service beside whatever is running; does not wait until they are ready. */
  start(release: Release, service: string): Promise<readonly Instance[]>
  /** Stops a release's instances, of one service or of all. Stopping what is gone succeeds. Never what takes traffic. */
  stop(release: string, service: string | null): Promise<void>
  /** One look at an instance from outside. Never throws for an instance that is ill. */
  probe(instance: Instance, release: Release, signal: AbortSignal): Promise<Probe>
  /** Sends one smoke request to an instance; null when it was answered as expected. */
  smoke(instance: Instance, smoke: ResolvedSmoke, signal: AbortSignal): Promise<string | null>
  /** What can be found out about an instance that does not become ready. */
  diagnose(instance: Instance, release: Release): Promise<Diagnosis>
  /** Ends jobs and removes half-made files of this release, and artifacts that no release in `keep` uses. */
  tidy(release: Release | null, keep: readonly Release[]): Promise<void>
}

/** What one look at an instance showed. `because` is a sentence for the operator. */
export type Probe =
  | { readonly kind: 'pass'; readonly tookMs: number }
  | { readonly kind: 'fail'; readonly because: string; readonly tookMs: number }
  /** The program has ended; `restarts` in its whole life, null when it will not be started again. */
  | { readonly kind: 'gone'; readonly because: string; readonly restarts: number | null }

export interface Diagnosis {
  /** The likely cause in a sentence; null when only the last probe is known. */
  readonly cause: string | null
  /** '127.0.0.1:3000': what the instance's processes listen on. */
  readonly listens: readonly string[]
  readonly lastLines: readonly string[]
}
