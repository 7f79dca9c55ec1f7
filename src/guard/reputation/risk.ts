/**
 * The risk of a client, from 0 to 100. Each piece of evidence takes a share of what is left to 100, so many weak ones add up
 * without ever passing it; everything decays by half in RISK_HALF_LIFE_MS. In figures: evidence adds `-ln(1 - share)` to a
 * sum, the sum decays, and the risk is `100 * (1 - e^-sum)`.
 */
import type { SecurityEvent } from '../event.ts'

/** Long enough that an attack from one address adds up, short enough that an address is clean again after some hours. */
export const RISK_HALF_LIFE_MS = 10 * 60_000
/** Clients remembered; when there are more, the colder half is forgotten. */
export const RISK_CLIENTS_MAX = 20_000
/** A risk below this is none. */
const NOTHING = 0.5

export interface Weight {
  /** What one event takes of the way to 100. */
  readonly share: number
  /** As far as this cause alone can bring a client: what a busy or clumsy client does as well must not block it. */
  readonly ceiling: number
}

/**
 * What a busy or clumsy client does as well, all of it together, brings it no further than this: who forgets a password fails,
 * is locked out and tries on. It is limited, and one attack more blocks it.
 */
export const CLUMSY_MAX = 75
const CLUMSY: ReadonlySet<string> = new Set<SecurityEvent['kind']>([
  'locked-out',
  'login-failed',
  'forbidden',
  'unauthenticated',
  'connections',
  'rate-limited',
])

/** Our own figures: four refused attacks within three minutes pass BLOCK_AT_RISK, no other cause does alone. */
export const WEIGHTS: Readonly<Partial<Record<SecurityEvent['kind'], Weight>>> = {
  // Of a proof; one of a lower score weighs as much less.
  threat: { share: 0.4, ceiling: 100 },
  protocol: { share: 0.15, ceiling: 60 },
  'locked-out': { share: 0.3, ceiling: 60 },
  'login-failed': { share: 0.1, ceiling: 60 },
  forbidden: { share: 0.1, ceiling: 50 },
  unauthenticated: { share: 0.05, ceiling: 50 },
  connections: { share: 0.05, ceiling: 50 },
  'rate-limited': { share: 0.02, ceiling: 50 },
}

/** The score of one strong proof: see BLOCK_AT in inspect/detector.ts. */
const PROOF_SCORE = 100

export type RiskEvidence = Pick<SecurityEvent, 'kind' | 'class' | 'score' | 'refused'> & { readonly count?: number }

export interface Risk {
  /** 0 to 100. */
  readonly risk: number
  /** The part that comes from what was refused: what is only monitored blocks nobody. */
  readonly refusedRisk: number
  /** Strongest first; what each would come to alone. A threat is named by its class. */
  readonly causes: readonly { readonly cause: string; readonly risk: number }[]
}

export interface ClientRisk extends Risk {
  readonly client: string
}

interface Sums {
  atMs: number
  /** By cause; those of monitored threats end in `~`. */
  readonly causes: Map<string, number>
}

const MONITORED = '~'
/** Of a client's sum in that of all: a client at 80 brings the environment to 33, four such to 80. */
const PART_OF_ALL = 0.25

/** The risks of many clients, bounded: those that are hot survive however many cold ones come. */
export class RiskBook {
  readonly #clients = new Map<string, Sums>()
  readonly #clientsMax: number

  /** @param clientsMax @default RISK_CLIENTS_MAX */
  constructor(clientsMax: number = RISK_CLIENTS_MAX) {
    this.#clientsMax = clientsMax
  }

  get size(): number {
    return this.#clients.size
  }

  /** Adds evidence; what has no weight changes nothing. */
  note(client: string, evidence: RiskEvidence, nowMs: number): void {
    const weight = WEIGHTS[evidence.kind]
    if (weight === undefined || client === '') return
    let sums = this.#clients.get(client)
    if (sums === undefined) {
      if (this.#clients.size >= this.#clientsMax) this.#forgetColderHalf(nowMs)
      this.#clients.set(client, (sums = { atMs: nowMs, causes: new Map() }))
    }
    decay(sums, nowMs)
    const cause = causeOf(evidence)
    const added = sumOf(100 * shareOf(evidence, weight)) * Math.max(1, evidence.count ?? 1)
    sums.causes.set(cause, Math.min((sums.causes.get(cause) ?? 0) + added, sumOf(weight.ceiling)))
  }

  of(client: string, nowMs: number): Risk {
    const sums = this.#clients.get(client)
    if (sums === undefined) return { risk: 0, refusedRisk: 0, causes: [] }
    decay(sums, nowMs)
    return riskOf(sums)
  }

  /** The riskiest clients, the worst first. */
  top(count: number, nowMs: number): readonly ClientRisk[] {
    const all = [...this.#clients].map(([client, sums]) => {
      decay(sums, nowMs)
      return { client, ...riskOf(sums) }
    })
    return all
      .filter(({ risk }) => risk >= NOTHING)
      .sort((one, other) => other.risk - one.risk)
      .slice(0, count)
  }

  /** The risk of all clients together. */
  together(nowMs: number): Risk {
    const all: Sums = { atMs: nowMs, causes: new Map() }
    for (const sums of this.#clients.values()) {
      decay(sums, nowMs)
      for (const [cause, sum] of sums.causes) all.causes.set(cause, (all.causes.get(cause) ?? 0) + sum * PART_OF_ALL)
    }
    return riskOf(all)
  }

  forget(client: string): void {
    this.#clients.delete(client)
  }

  /** Once for every half of the bound in new clients, so the sorting costs each of them next to nothing. */
  #forgetColderHalf(nowMs: number): void {
    const heats = [...this.#clients].map(([client, sums]) => {
      decay(sums, nowMs)
      return { client, heat: total(sums) }
    })
    heats.sort((one, other) => one.heat - other.heat)
    for (const { client } of heats.slice(0, Math.ceil(this.#clientsMax / 2))) this.#clients.delete(client)
  }
}

function causeOf({ kind, class: threat, refused }: RiskEvidence): string {
  const cause = kind === 'threat' ? (threat ?? kind) : kind
  return refused || kind !== 'threat' ? cause : cause + MONITORED
}

function shareOf({ kind, score }: RiskEvidence, { share }: Weight): number {
  return kind === 'threat' ? share * Math.min(1, Math.max(0, score) / PROOF_SCORE) : share
}

/** A clock that steps back decays nothing. */
function decay(sums: Sums, nowMs: number): void {
  const elapsedMs = nowMs - sums.atMs
  if (elapsedMs <= 0) return
  const factor = 2 ** (-elapsedMs / RISK_HALF_LIFE_MS)
  for (const [cause, sum] of sums.causes) sums.causes.set(cause, sum * factor)
  sums.atMs = nowMs
}

function riskOf(sums: Sums): Risk {
  const causes = [...sums.causes].map(([name, sum]) => ({
    cause: name.endsWith(MONITORED) ? `${name.slice(0, -1)} (monitored)` : name,
    risk: percentOf(sum),
    isRefused: !name.endsWith(MONITORED),
    sum,
  }))
  causes.sort((one, other) => other.risk - one.risk)
  const clumsy = causes.reduce((sum, { cause, sum: one }) => sum + (CLUMSY.has(cause) ? one : 0), 0)
  const refused = causes.reduce((sum, cause) => sum + (cause.isRefused && !CLUMSY.has(cause.cause) ? cause.sum : 0), 0)
  return {
    risk: percentOf(total(sums)),
    refusedRisk: percentOf(refused + Math.min(clumsy, sumOf(CLUMSY_MAX))),
    causes: causes.filter(({ risk }) => risk >= NOTHING).map(({ cause, risk }) => ({ cause, risk })),
  }
}

function total({ causes }: Sums): number {
  let sum = 0
  for (const part of causes.values()) sum += part
  return sum
}

function percentOf(sum: number): number {
  return 100 * (1 - Math.exp(-sum))
}

/** The sum that comes to a risk; a risk of 100 is reached by none. */
function sumOf(percent: number): number {
  return -Math.log(1 - Math.min(percent, 99.99) / 100)
}
