/** What has been measured, by service or need; an absent entry is not known, and makes nothing feasible or infeasible. */
export interface Facts {
  /** Requests per second that one instance has carried within its limits: `seaworthy load --capacity`. */
  readonly capacity: Readonly<Record<string, { readonly perSecond: number; readonly at: string }>>
  /** Connections that a database takes from applications. */
  readonly connectionsMax: Readonly<Record<string, number>>
  /** Connections that one instance of a service opens at most. */
  readonly poolSize: Readonly<Record<string, number>>
  /** How fast a need was restored, and how much there was. */
  readonly restore: Readonly<Record<string, { readonly bytesPerSecond: number; readonly at: string }>>
  readonly sizeBytes: Readonly<Record<string, number>>
  /** How long a backup takes until it is in its place. */
  readonly backupMs: Readonly<Record<string, number>>
  /** Machines that the environment's instances are on; null: what the target says. */
  readonly hosts: number | null
}

export const NO_FACTS: Facts = {
  capacity: {},
  connectionsMax: {},
  poolSize: {},
  restore: {},
  sizeBytes: {},
  backupMs: {},
  hosts: null,
}
