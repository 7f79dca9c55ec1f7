import type { Location, ThreatClass } from './threats.ts'

/** What the guard did or saw, worth telling. */
export const EVENT_KINDS = [
  /** A request that looks like an attack, refused or (monitor) let through. */
  'threat',
  'rate-limited',
  'blocked',
  'unauthenticated',
  'forbidden',
  'login-failed',
  'locked-out',
  'connections',
  /** What the reader refused: smuggling, malformed heads. */
  'protocol',
  'block-added',
  'block-removed',
  'feed',
  'store-lost',
  'store-back',
  /** Of the log of events itself: old records have gone, some found no room, a crash had cut one. */
  'events-retired',
  'events-dropped',
  'events-mended',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

export interface Evidence {
  readonly class: ThreatClass
  /** Stable name of what matched, such as `sqli.tautology`. */
  readonly rule: string
  readonly location: Location
  /** Query key, header name, JSON path … */
  readonly name: string
  /** At most 120 characters around it, as decoded, control characters escaped; a secret-looking field's value is left out. */
  readonly excerpt: string
  /** Its part of the score. */
  readonly score: number
}

/** One security event as a worker reports it; control adds its number and the link of the chain. */
export interface SecurityEvent {
  readonly kind: EventKind
  readonly atMs: number
  /** How many like this one came since `atMs`, in a flood; the rest of the event is the first's. @default 1 */
  readonly count?: number
  /** When the last of several came. */
  readonly untilMs?: number
  /** Empty: no client's doing, or that of too many to name. */
  readonly client: string
  readonly correlationId: string
  readonly method: string
  /** Without the query: secrets travel there. */
  readonly path: string
  /** Whether the request was refused. */
  readonly refused: boolean
  /** The class of the strongest evidence; null where none applies. */
  readonly class: ThreatClass | null
  readonly score: number
  readonly evidence: readonly Evidence[]
  /** Id of the key or subject, when known. */
  readonly principal: string | null
  readonly reason: string
}
