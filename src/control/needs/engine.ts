import type { ResolvedNeed } from '../../config/resolved.ts'
import type { Account } from './accounts.ts'
import type { Credentials } from './credentials.ts'
import type { Installation } from './installations.ts'

/** A server in one place: what its engine needs to know to make, start and ask it. */
export interface ServerPlace {
  readonly need: string
  readonly config: ResolvedNeed
  readonly credentials: Credentials
  /** The folder that holds its data and belongs to its account. */
  readonly data: string
  readonly account: Account | null
}

export interface LaunchPlan {
  readonly argv: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
}

/** A kind of server that is made for an app, whoever keeps it running. */
export interface HostedEngine {
  readonly kind: Credentials['kind']
  /** 'PostgreSQL', as its makers write it. */
  readonly title: string
  /** Whether this server can read data last run by `ranMajor`. */
  reads(major: number, dataMajor: number): boolean
  /** Makes what services find: account, database. Once for each start; can be done again. */
  provision(place: ServerPlace): Promise<void>
  /** Has a running server follow settings that changed; what it cannot follow waits for its next start. */
  adjust(place: ServerPlace): Promise<void>
  /** A real question over the network; resolves with the server's version, or null where it tells none. */
  probe(url: string): Promise<string | null>
  urlOf(need: string, credentials: Credentials): string
}

/** A kind of server that can be run here. */
export interface Engine extends HostedEngine {
  /** The account it runs as where we are root. */
  readonly account: string
  /** The line that installs it. */
  readonly install: string
  /** Sent to end it in order: everything written, clients told. */
  readonly stopSignal: NodeJS.Signals
  find(path: string): Promise<readonly Installation[]>
  /** The major version that data on the disk insist on; null: any, or none there yet. */
  dataMajor(data: string, credentials: Credentials | null): number | null
  /** Fills the empty folder `place.data`. Leaves judging the failure to the caller: the text is the program's own. */
  create(place: ServerPlace, installation: Installation): Promise<void>
  /** Writes the configuration, at every start. */
  configure(place: ServerPlace): void
  launch(place: ServerPlace, installation: Installation): LaunchPlan
  /** A real question over the network; resolves with the server's version. */
  probe(url: string): Promise<string>
}
