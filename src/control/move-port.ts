import { makeInstance } from './launch.ts'
import { isFree, pickPort } from './ports.ts'
import type { InstanceRow, State } from './state.ts'

/** True where the instance can listen, or listens on nothing. */
export async function hasItsPort({ host, port }: InstanceRow): Promise<boolean> {
  return port === null || isFree(host, port)
}

/**
 * The same instance on another port, saved, when somebody else holds its own; else null. A service that insists on its
 * port keeps it: its start says what is in the way.
 */
export async function moveFromTakenPort(row: InstanceRow, folder: string, state: State): Promise<InstanceRow | null> {
  if (await hasItsPort(row)) return null
  const release = state.release(row.release)
  const service = release?.config.services[row.service]
  if (release === null || service === undefined || service.port !== null) return null
  const taken = new Set(state.instances().map(({ port }) => port ?? 0))
  const port = await pickPort(row.host, taken)
  const launch = { release, service: row.service, artifactFolder: row.cwd, path: row.env['PATH'] ?? '/usr/bin:/bin' }
  const moved = makeInstance(launch, folder, row.id, port, row.startedAt)
  // It has to run all the same while the disk is full.
  state.late.do(() => state.updateInstance(moved))
  return moved
}
