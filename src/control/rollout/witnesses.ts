import type { Logger } from '../../core/logger.ts'
import type { DeployRecord } from '../../deploy/journal.ts'
import type { Proof } from '../../deploy/proof.ts'
import { count, EMPTY_TALLY, type Observation, type SwitchSeen } from '../../deploy/tally.ts'
import type { Entrance } from '../../deploy/entrance.ts'
import { startWitness, type Witness } from '../../deploy/witness.ts'
import { readPause } from '../read-pause.ts'
import type { State } from '../state.ts'
import type { WitnessMemory } from './witness-memory.ts'

/** How often the tally is saved: what a dying control can lose of it. */
const SAVE_EVERY_MS = 1_000
/** Counts kept in memory; older ones are read from the state again. */
const MEMORIES_KEPT = 20

export type WitnessSummary = Omit<Proof, 'deploy' | 'from' | 'to' | 'finishedAt' | 'drain' | 'watch' | 'canary'>

interface Running {
  readonly witness: Witness
  readonly timer: NodeJS.Timeout
}

/** The witness of every deploy, from its first step until it is settled. */
export class Witnesses {
  readonly #state: State
  readonly #entrance: () => Entrance
  /** By which the gateway knows the witness. */
  readonly word: string
  readonly #logger: Logger
  readonly #memories = new Map<string, WitnessMemory>()
  /** Requests that were not answered in time, since control began. */
  readonly #timedOut = new Map<string, number>()
  readonly #running = new Map<string, Running>()
  /** Of deploys whose switch is under way: what they have seen meanwhile, in order. */
  readonly #held = new Map<string, Observation[]>()

  constructor(state: State, { entrance, word }: { entrance: () => Entrance; word: string }, logger: Logger) {
    this.#state = state
    this.#entrance = entrance
    this.word = word
    this.#logger = logger
  }

  /** Begins to send, unless it does already. Nothing is sent while nothing is live: 503 would be the right answer. */
  start(deploy: DeployRecord): void {
    if (this.#running.has(deploy.id) || this.#state.get('live') === null) return
    const { id, plan } = deploy
    const before = this.#memories.get(id) ?? this.#state.witness(id)
    const isAfterDeath = before !== null && !this.#memories.has(id)
    const { tally, interruptions, ...rest } = before ?? newMemory()
    // The silence while it rested, or control was away, is its own, not the gateway's: no gap is counted over it.
    const rested = { ...tally, lastOkNs: null }
    this.#memories.set(id, { ...rest, tally: rested, interruptions: interruptions + (isAfterDeath ? 1 : 0) })
    const { requests, perSecond } = plan.release.config.witness
    const witness = startWitness({
      entrance: this.#entrance,
      word: this.word,
      requests,
      perSecond,
      rests: () => this.#restsFor(id),
      onObservation: (seen) => {
        // On its way when the pause began: that it was held is what was asked for.
        if (seen.failure !== null && this.#restsFor(id)) return
        if (seen.timedOut) this.#timedOut.set(id, this.timedOut(id) + 1)
        const held = this.#held.get(id)
        if (held === undefined) this.#count(id, seen)
        else held.push(seen)
      },
    })
    this.#running.set(id, { witness, timer: setInterval(() => this.#trySave(id), SAVE_EVERY_MS) })
    this.#forgetOldest()
  }

  /**
   * A switch begins. A worker answers by it before all of them have acknowledged: what is seen from now on is counted once the
   * switch is known, when what this returns is disposed of. At the witness's rate that is a few hundred answers at most.
   */
  switching(deploy: string): Disposable {
    const held: Observation[] = []
    this.#held.set(deploy, held)
    return {
      [Symbol.dispose]: () => {
        this.#held.delete(deploy)
        for (const seen of held) this.#count(deploy, seen)
      },
    }
  }

  switched(deploy: string, seen: SwitchSeen, workers: number, at: number): void {
    const memory = this.#memories.get(deploy) ?? this.#state.witness(deploy) ?? newMemory()
    const tookMs = (seen.lastAckNs - seen.firstAckNs) / 1e6
    this.#memories.set(deploy, {
      ...memory,
      switches: [...memory.switches, seen],
      shown: [...memory.shown, { to: seen.to, tookMs, workers, at }],
    })
    this.#save(deploy)
  }

  /** Stops sending and waits for the last answers. */
  async stop(deploy: string): Promise<void> {
    const running = this.#running.get(deploy)
    this.#running.delete(deploy)
    this.#timedOut.delete(deploy)
    if (!running) return
    clearInterval(running.timer)
    await running.witness.stop()
    this.#save(deploy)
  }

  /** How many of a deploy's requests were not answered in time; the gateway takes them for clients that left. */
  timedOut(deploy: string): number {
    return this.#timedOut.get(deploy) ?? 0
  }

  /** Those that are sending now. */
  running(): readonly string[] {
    return [...this.#running.keys()]
  }

  summary(deploy: string): WitnessSummary {
    const { startedAt, tally, shown, interruptions, paused } =
      this.#memories.get(deploy) ?? this.#state.witness(deploy) ?? newMemory()
    const { lastOkNs: _, answeredBy: __, ...counted } = tally
    return { startedAt, switches: shown, interruptions, ...(paused ? { paused } : {}), ...counted }
  }

  #count(deploy: string, seen: Observation): void {
    const memory = this.#memories.get(deploy)
    if (memory) this.#memories.set(deploy, { ...memory, tally: count(memory.tally, seen, memory.switches) })
  }

  /** A witness that is held proves nothing, and would take the places of users: it rests while anything is paused. */
  #restsFor(deploy: string): boolean {
    if (readPause(this.#state) === null) return false
    const memory = this.#memories.get(deploy)!
    if (memory.tally.lastOkNs !== null || memory.paused !== true)
      this.#memories.set(deploy, { ...memory, paused: true, tally: { ...memory.tally, lastOkNs: null } })
    return true
  }

  /** A full disk must not end control: the count goes on in memory. */
  #trySave(deploy: string): void {
    try {
      this.#save(deploy)
    } catch (error) {
      this.#logger.error('the count of the witness could not be saved', { deploy, error: String(error) })
    }
  }

  #forgetOldest(): void {
    for (const deploy of this.#memories.keys()) {
      if (this.#memories.size <= MEMORIES_KEPT) return
      if (!this.#running.has(deploy)) this.#memories.delete(deploy)
    }
  }

  #save(deploy: string): void {
    const memory = this.#memories.get(deploy)
    if (memory) this.#state.saveWitness(deploy, memory)
  }
}

function newMemory(): WitnessMemory {
  return { startedAt: Date.now(), tally: EMPTY_TALLY, switches: [], shown: [], interruptions: 0 }
}
