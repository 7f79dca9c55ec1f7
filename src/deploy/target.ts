import type { ResolvedSmoke } from '../config/resolved.ts'
import type { Instance, Release } from './release.ts'

/** The port to whatever runs instances. Every call can be made again after a crash without harm. */
export interface Target {
  /** Puts the files of a service in place, built and read-only. Leaves nothing behind when it fails. */
  prepare(release: Release, service: string, onLine: (line: string) => void): Promise<void>
  /** Artifacts that are in place already, for this release: another one may need the same files made otherwise. */
  prepared(release: Release): Promise<readonly string[]>
  /** Artifacts of a release that are kept elsewhere just as they were: preparing fetches them, whatever became of their files. */
  fetchable?(release: Release): Promise<readonly string[]>
  /** Runs the expanding migration of a service, once; a failure is a Problem with its last lines. */
  migrate(release: Release, service: string, onLine: (line: string) => void): Promise<void>
  /** Has a need of a release there where the target keeps it; absent: control runs it. Does not wait until it is healthy. */
  provide?(release: Release, need: string): Promise<void>
  /** Begins the instances of a service beside whatever is running; does not wait until they are ready. */
  start(release: Release, service: string): Promise<readonly Instance[]>
  /** Stops a release's instances, of one service or of all. Stopping what is gone succeeds. Never what takes traffic. */
  stop(release: string, service: string | null): Promise<void>
  /**
   * Ends instances that control has taken out of the traffic to make room for the next release. Resolves when none of them
   * runs; what they were started from stays, for `settle` to start them again. Absent: control has ended them itself.
   */
  rest?(release: string, service: string): Promise<void>
  /** Does to instances what control would do itself, could it. Absent: it can. */
  settle?(): Promise<void>
  /** One look at an instance from outside. Never throws for an instance that is ill. */
  probe(instance: Instance, release: Release, signal: AbortSignal): Promise<Probe>
  /** Sends one smoke request to an instance; null when it was answered as expected. */
  smoke(instance: Instance, release: Release, smoke: ResolvedSmoke, signal: AbortSignal): Promise<string | null>
  /**
   * What can be found out about an instance that does not become ready. `thorough`: with requests of its own that prove or
   * rule out a guess; the program may log them.
   */
  diagnose(instance: Instance, release: Release, seen: Seen, thorough: boolean): Promise<Diagnosis>
  /**
   * Tells control which gateways there are, before a switch, and again after one that has failed. True: it waited for some that
   * are gone. Absent: control has them all itself.
   */
  tellGateways?(): Promise<boolean>
  /** Keeps the routing table of now for gateways that start while control is away. Absent: they start beside it. */
  keepTable?(): Promise<void>
  /** Ends jobs and removes half-made files of this release, and artifacts that no release in `keep` uses. */
  tidy(release: Release | null, keep: readonly Release[]): Promise<void>
}

/** What one look at an instance showed. `because` is a sentence for the operator. */
export type Probe =
  /** `note`: it counts, and yet somebody should know. */
  | { readonly kind: 'pass'; readonly tookMs: number; readonly note: string | null }
  | { readonly kind: 'fail'; readonly because: string; readonly tookMs: number; readonly look: Look | null }
  /** The program has ended; `restarts` in its whole life, null when it will not be started again. */
  | { readonly kind: 'gone'; readonly because: string; readonly restarts: number | null }

/** What an HTTP probe got back: an answer, or an error and no answer. */
export interface Look {
  /** 'GET /health/readiness' */
  readonly what: string
  readonly path: string
  readonly status: number | null
  readonly location: string | null
  readonly body: string
  readonly error: { readonly code: string; readonly message: string } | null
}

/** What the gate has seen of an instance so far. */
export interface Seen {
  readonly waitedMs: number
  readonly deadlineMs: number
  readonly probes: number
  readonly passed: number
  /** How often it failed right after it had passed. */
  readonly relapses: number
  /** The last probe that was no pass. */
  readonly last: Probe | null
}

export interface Diagnosis {
  /** Null when only the last probe is known. */
  readonly cause: Cause | null
  /** 'listens on: 127.0.0.1:3000': what else the target knows of the instance, a line each. */
  readonly facts: readonly string[]
  readonly lastLines: readonly string[]
}

export interface Cause {
  /** 'wrong-port': stable, for programs. */
  readonly name: string
  /** `proven`: a second experiment or a fact of the kernel shows it; `likely`: the best guess. */
  readonly certainty: 'proven' | 'likely'
  /** What is wrong, in a sentence. */
  readonly text: string
  /** How it is known. */
  readonly basis: string
  /** What to do; null when the text says it already. */
  readonly cure: string | null
}
