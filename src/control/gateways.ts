import type { Fleet } from '../gateway/admin/fleet.ts'
import type { Elsewhere, ExpectedWorker } from '../gateway/admin/connection.ts'
import type { Entrance } from '../deploy/entrance.ts'
import type { Release } from '../deploy/release.ts'
import type { Status } from './api/contract.ts'
import type { KnownGateway } from './api/gateways-methods.ts'
import type { Upgrade } from './api/pause-methods.ts'

/** What control asks of whoever keeps the gateway's workers: its own keeper, or gateways elsewhere. */
export interface Gateways {
  /** Null: all workers are control's own. */
  readonly elsewhere: Elsewhere | null
  /** Where users come in over HTTP. */
  readonly entrance: Required<Pick<Entrance, 'host' | 'port'>>
  /** The port HTTPS is served on; null: on none. */
  readonly httpsPort: number | null
  /** How many workers share what is allowed while a release is live. */
  workersFor(release: Release): number
  /** Sees to it that there are workers, or that they are let in. */
  ensure(): Promise<void>
  /** For every now and then. */
  keep(): Promise<void>
  /** Sees to it that HTTPS is served where it is wanted. For every now and then. */
  matchHttps(fleet: Pick<Fleet, 'workers' | 'current'>): Promise<void>
  /** The workers that must acknowledge a table. */
  expected(): Promise<readonly ExpectedWorker[]>
  /** Ends a worker of control's own. */
  kill(pid: number): Promise<void>
  /** @throws Problem `gateway.not-upgraded`, `target.not-yet` */
  upgrade(fleet: Pick<Fleet, 'workers' | 'current'>): Promise<Upgrade>
  stop(): Promise<void>
  status(fleet: Fleet): Promise<Status['gateway']>
  /** Gateways elsewhere. */
  known(fleet: Fleet): readonly KnownGateway[]
  /** Of those elsewhere these are there. Returns the names of those that nobody waits for any more. */
  seen(names: readonly string[]): readonly string[]
}
