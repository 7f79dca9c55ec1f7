import type { CountedRule, CountStore, Taken, Want } from '../../guard/limit/store.ts'
import { ANSWER_MS, LEASE_MAX } from '../../guard/limit/store.ts'
import type { GuardFromWorker, GuardToWorker } from '../admin/guard-protocol.ts'

/** Requests that may wait for control's answer at once; beyond, they are judged without it. */
export const WAITING_MAX = 4_096

interface Waiting {
  readonly wants: readonly Want[]
  readonly resolve: (taken: Taken) => void
  readonly reject: (error: Error) => void
}

/** The counts that control keeps for all workers. What is asked in one turn of the event loop goes in one message. */
export class SharedCounts implements CountStore {
  readonly lease = LEASE_MAX
  /** Workers of this host, whether or not they have all come to control. */
  workers = 1
  readonly #asked = new Map<number, { readonly batch: readonly Waiting[]; readonly limit: NodeJS.Timeout }>()
  #send: ((message: GuardFromWorker) => void) | null = null
  #batch: Waiting[] = []
  #waiting = 0
  #connected = 1
  #last = 0

  get reachable(): boolean {
    return this.#send !== null
  }

  /** Control is there. Null: it has left, and nobody waits for it any more. */
  connect(send: ((message: GuardFromWorker) => void) | null): void {
    this.#send = send
    if (send !== null) return
    for (const ask of this.#asked.keys()) this.#fail(ask, 'control has left')
    for (const { reject } of this.#takeBatch()) reject(new Error('control has left'))
  }

  take(wants: readonly Want[]): Promise<Taken> {
    if (this.#send === null) return Promise.reject(new Error('control is away'))
    if (this.#waiting >= WAITING_MAX) return Promise.reject(new Error(`${WAITING_MAX} requests wait for control`))
    return new Promise((resolve, reject) => {
      this.#waiting += 1
      if (this.#batch.push({ wants, resolve, reject }) === 1) setImmediate(() => this.#flush())
    })
  }

  get sharers(): number {
    return Math.max(this.workers, this.#connected)
  }

  onAnswer({ ask, sharers, sets }: Extract<GuardToWorker, { type: 'lease' }>): void {
    this.#connected = sharers
    const batch = this.#done(ask)
    // An answer that comes late finds nobody: the time of what it lent runs out.
    batch?.forEach(({ resolve }, index) => resolve(sets[index]!))
  }

  close(): void {
    this.connect(null)
  }

  #flush(): void {
    if (this.#send === null || this.#batch.length === 0) return
    const ask = (this.#last += 1)
    const batch = this.#batch
    this.#batch = []
    // One look at the socket still: this process may have slept, and the answer lie there.
    const limit = setTimeout(() => setImmediate(() => this.#fail(ask, `no answer within ${ANSWER_MS} ms`)), ANSWER_MS)
    this.#asked.set(ask, { batch, limit })
    this.#send({ type: 'lease', ask, ...messageOf(batch) })
  }

  #fail(ask: number, because: string): void {
    for (const { reject } of this.#done(ask) ?? []) reject(new Error(because))
  }

  #done(ask: number): readonly Waiting[] | undefined {
    const asked = this.#asked.get(ask)
    if (asked === undefined) return undefined
    clearTimeout(asked.limit)
    this.#asked.delete(ask)
    this.#waiting -= asked.batch.length
    return asked.batch
  }

  #takeBatch(): readonly Waiting[] {
    const batch = this.#batch
    this.#batch = []
    this.#waiting -= batch.length
    return batch
  }
}

/** Each rule is named once for all wants of a message. */
function messageOf(batch: readonly Waiting[]): Pick<Extract<GuardFromWorker, { type: 'lease' }>, 'rules' | 'sets'> {
  const rules: CountedRule[] = []
  const numbers = new Map<string, number>()
  const numberOf = ({ id, interval, burst }: CountedRule): number => {
    let number = numbers.get(id)
    if (number === undefined) {
      number = rules.push({ id, interval, burst }) - 1
      numbers.set(id, number)
    }
    return number
  }
  const sets = batch.map(({ wants }) => wants.map(({ rule, ...want }) => ({ ...want, rule: numberOf(rule) })))
  return { rules, sets }
}
