import type { ResolvedApp } from '../config/resolved.ts'

/** Everything that one deploy puts in place. Two releases with the same digest behave alike. */
export interface Release {
  /** `<sequence>-<first 8 of the digest>`: unique, and sortable by eye. */
  readonly id: string
  readonly sequence: number
  /** sha256 over config, artifacts, secret fingerprints and migrations. */
  readonly digest: string
  readonly config: ResolvedApp
  /** Content hash of each service's files and build; the name of its folder under `<state>/releases`. */
  readonly artifacts: Readonly<Record<string, string>>
  /** Secret name → fingerprint (a keyed hash; the value cannot be found from it). */
  readonly secrets: Readonly<Record<string, string>>
  /** How many expanding migrations had been applied when it went live. */
  readonly migrationLevel: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Where it was proven before it came here. Absent: it was made of a working folder. */
  readonly promoted?: Promotion
}

/** A release of another environment, of which this one has the very same artifacts under a config of its own. */
export interface Promotion {
  readonly environment: string
  /** Its id there. */
  readonly release: string
  /** Service → what it runs from there: the digest of its files as they were built, on Docker the id of its image. */
  readonly made: Readonly<Record<string, string>>
}

/** One running copy of a service. */
export interface Instance {
  /** `<service>@<release>-<number>`: never used twice. */
  readonly id: string
  readonly service: string
  readonly release: string
  readonly host: string
  /** Null for a worker that listens on nothing. */
  readonly port: number | null
  readonly state: InstanceState
  readonly pid: number | null
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly restarts: number
  /** How it ended last, in words: 'exited with 1', 'killed by SIGKILL', 'ended, status unknown'. */
  readonly lastExit: string | null
}

export const INSTANCE_STATES = ['starting', 'running', 'restarting', 'crash-loop', 'stopping', 'stopped'] as const
export type InstanceState = (typeof INSTANCE_STATES)[number]

export function releaseId(sequence: number, digest: string): string {
  return `${sequence}-${digest.slice(0, 8)}`
}
