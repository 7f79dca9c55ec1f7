import type { ChildState } from '../keeper/protocol.ts'

/** Which workers serve. Each upgrade starts a generation of new processes beside those of the last. */
export interface GatewayRecord {
  readonly serving: number
  /** The generation an upgrade is starting; null: none. */
  readonly starting: number | null
  /** The port of HTTPS that the workers of a generation have inherited. @default none has one */
  readonly https?: Readonly<Record<string, number>>
  /** The highest ever used: a name at the keeper belongs to one process. */
  readonly last: number
}

export const FIRST_GENERATION: GatewayRecord = { serving: 1, starting: null, last: 1 }

export interface WorkerId {
  /** 1, 2, …: small, and the same for its successors. */
  readonly worker: number
  readonly generation: number
}

/** What has to be done so that the right workers run. */
export interface WorkerPlan {
  readonly start: readonly WorkerId[]
  /** Names of those that are to finish what they have and go. */
  readonly retire: readonly string[]
  /** Names of those that are gone and not wanted any more. */
  readonly forget: readonly string[]
  /** Names of those that did not go. */
  readonly kill: readonly string[]
}

export interface WorkersNow {
  readonly record: GatewayRecord
  /** How many serve. */
  readonly count: number
  /** All of the keeper's children that are workers. */
  readonly children: readonly Pick<ChildState, 'name' | 'state' | 'exit'>[]
  /** Since when which of them have been told to go; milliseconds since the epoch. */
  readonly told: ReadonlyMap<string, number>
  readonly now: number
  /** One that has not gone by then is killed. */
  readonly goneWithinMs: number
  /** One that the keeper has not started again by then has ended for good. */
  readonly respawnWithinMs: number
}

/** Compares the workers there are with those there should be. Touches nothing; done again, it asks for what is left. */
export function planWorkers(input: WorkersNow): WorkerPlan {
  const { record, count, children, told, now, goneWithinMs, respawnWithinMs } = input
  const generations = record.starting === null ? [record.serving] : [record.serving, record.starting]
  const wanted = generations.flatMap((generation) =>
    Array.from({ length: count }, (_, index) => ({ worker: index + 1, generation })),
  )
  const wantedNames = new Set(wanted.map(nameOf))
  const known = new Map(children.map((child) => [child.name, child]))
  const isRunning = ({ state }: { readonly state: string }): boolean => state === 'running'
  return {
    start: wanted.filter((id) => {
      const child = known.get(nameOf(id))
      if (child === undefined) return true
      if (isRunning(child) || told.has(child.name)) return false
      return now - (child.exit?.at ?? now) > respawnWithinMs
    }),
    retire: children.filter(({ name }) => !wantedNames.has(name) && !told.has(name)).map(({ name }) => name),
    forget: children.filter((child) => told.has(child.name) && !isRunning(child)).map(({ name }) => name),
    kill: children
      .filter((child) => isRunning(child) && now - (told.get(child.name) ?? now) > goneWithinMs)
      .map(({ name }) => name),
  }
}

/** `gateway-1` for the first generation, `gateway-1.2` for the second. */
export function nameOf({ worker, generation }: WorkerId): string {
  return generation === 1 ? `gateway-${worker}` : `gateway-${worker}.${generation}`
}

/** The reverse of `nameOf`. */
export function workerIdOf(name: string): WorkerId {
  const [worker, generation = '1'] = name.replace('gateway-', '').split('.')
  return { worker: Number(worker), generation: Number(generation) }
}
