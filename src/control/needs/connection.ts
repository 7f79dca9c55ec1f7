import type { ResolvedNeed } from '../../config/resolved.ts'
import type { Release } from '../../deploy/release.ts'

/** How a service reaches one of its needs. Holds credentials: never logged, never saved in state.db. */
export interface NeedConnection {
  readonly need: string
  readonly kind: ResolvedNeed['kind']
  readonly relation: 'required' | 'optional'
  /** 'postgres://user:password@127.0.0.1:21543/db', 'redis://…', 'file:///…/db.sqlite'. */
  readonly url: string
  /** What the service's environment holds for it: `DB_URL` for the need `db`, and what its kind adds. */
  readonly variables: Readonly<Record<string, string>>
}

/** How the services of a release reach what they use. */
export type ConnectionsOf = (release: Release, service: string) => readonly NeedConnection[]

/** The variables of all connections as one environment. */
export function variablesOf(connections: readonly NeedConnection[]): Readonly<Record<string, string>> {
  return Object.assign({}, ...connections.map(({ variables }) => variables)) as Record<string, string>
}
