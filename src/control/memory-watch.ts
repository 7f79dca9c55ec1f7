import { megabytes, type MemoryUse } from '../deploy/diagnosis/evidence.ts'
import type { Instance } from '../deploy/release.ts'
import { kernelKills, membersOf, proportionalBytes, residentBytes } from './process-memory.ts'

/** How often instances with a bound are measured: what grows quicker gets so much further before it is killed. */
export const MEMORY_LOOK_MS = 200
/** How often it is asked anew which processes belong to an instance, and how much those without a bound use. */
const MEMBERS_MS = 1_000

/** What the watch asks of the machine. */
export interface MemoryMeter {
  /** The processes of each leader. */
  readonly membersOf: (leaders: readonly number[]) => ReadonlyMap<number, readonly number[]>
  /** Bytes; quick, and never too low. */
  readonly residentBytes: (pids: readonly number[]) => number
  /** Bytes; exact. */
  readonly proportionalBytes: (pids: readonly number[]) => number
  readonly kernelKills: () => number | null
}

const MACHINE: MemoryMeter = { membersOf, residentBytes, proportionalBytes, kernelKills }

interface Watched {
  pid: number
  members: readonly number[]
  use: MemoryUse
}

/** Measures the memory of every instance and names those that use more than `resources.memory` allows. */
export class MemoryWatch {
  readonly #meter: MemoryMeter
  readonly #watched = new Map<string, Watched>()
  #membersAt = -Infinity
  #kills: number | null
  #killedAt: number | null = null

  constructor(meter: MemoryMeter = MACHINE) {
    this.#meter = meter
    this.#kills = meter.kernelKills()
  }

  /** One round; returns the instances that must be killed, with the reason. */
  look(
    instances: readonly Instance[],
    limitOf: (instance: Instance) => number | null,
    now: number,
  ): readonly { readonly id: string; readonly because: string }[] {
    const running = instances.filter(({ pid }) => pid !== null)
    const isFull =
      now - this.#membersAt >= MEMBERS_MS || running.some(({ id, pid }) => this.#watched.get(id)?.pid !== pid)
    if (isFull) this.#refresh(instances, running, limitOf, now)
    return running.flatMap(({ id }) => {
      const watched = this.#watched.get(id)!
      return isFull || watched.use.limitBytes !== null ? this.#measure(id, watched, now) : []
    })
  }

  /** Null before the first look at it. What it used before control's own restart is not known. */
  useOf(id: string): MemoryUse | null {
    return this.#watched.get(id)?.use ?? null
  }

  /** When the kernel's count of out-of-memory kills rose last; milliseconds since the epoch. */
  get kernelKilledAt(): number | null {
    return this.#killedAt
  }

  #refresh(
    instances: readonly Instance[],
    running: readonly Instance[],
    limitOf: (instance: Instance) => number | null,
    now: number,
  ): void {
    this.#membersAt = now
    for (const id of this.#watched.keys()) if (!instances.some((one) => one.id === id)) this.#watched.delete(id)
    const members = this.#meter.membersOf(running.map(({ pid }) => pid!))
    for (const instance of running) {
      const pid = instance.pid!
      // A release never changes, and so its bound: it is asked once.
      const use = this.#watched.get(instance.id)?.use ?? {
        usedBytes: 0,
        peakBytes: 0,
        limitBytes: limitOf(instance),
        killed: null,
      }
      this.#watched.set(instance.id, { pid, members: members.get(pid) ?? [], use })
    }
    const kills = this.#meter.kernelKills()
    if (kills !== null && this.#kills !== null && kills > this.#kills) this.#killedAt = now
    this.#kills = kills
  }

  #measure(id: string, watched: Watched, now: number): readonly { id: string; because: string }[] {
    const { limitBytes, peakBytes, killed } = watched.use
    let usedBytes = this.#meter.residentBytes(watched.members)
    // Pages that processes share count for each of them: before anybody is killed they are counted once.
    if (limitBytes !== null && usedBytes > limitBytes) usedBytes = this.#meter.proportionalBytes(watched.members)
    watched.use = { usedBytes, peakBytes: Math.max(peakBytes, usedBytes), limitBytes, killed }
    if (limitBytes === null || usedBytes <= limitBytes) return []
    watched.use = { ...watched.use, killed: { usedBytes, limitBytes, at: now } }
    const processes = `${watched.members.length} ${watched.members.length === 1 ? 'process' : 'processes'}`
    const because = `used ${megabytes(usedBytes)} of ${megabytes(limitBytes)} (\`resources.memory\`; resident memory of ${processes})`
    return [{ id, because }]
  }
}
