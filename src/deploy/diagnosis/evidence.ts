import type { ResolvedService } from '../../config/resolved.ts'
import type { Instance } from '../release.ts'
import type { Cause, Seen } from '../target.ts'

/** All that is known of an instance that does not become ready, gathered once: the causes only read it. */
export interface Evidence {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly instance: Instance
  readonly service: ResolvedService
  /** Every service of its release. */
  readonly services: Readonly<Record<string, ResolvedService>>
  readonly seen: Seen
  /** What its processes listen on. */
  readonly listeners: readonly Listener[]
  /** Other programs on its port, or on one that its lines say is in use. */
  readonly holders: readonly Holder[]
  readonly lastLines: readonly string[]
  readonly examination: Examination
  /** Null when there is no process. */
  readonly program: ProgramLook | null
  readonly experiments: Experiments
}

/** A listening TCP socket. */
export interface Listener {
  readonly address: string
  readonly port: number
  readonly inode: string
}

/** A program that listens on a port that an instance wanted. */
export interface Holder {
  readonly port: number
  readonly address: string
  /** Null where it is not ours to look at. */
  readonly pid: number | null
  readonly command: string
  /** The instance that it belongs to; null for a stranger. */
  readonly instance: string | null
}

/** What control knows of an instance. */
export interface Examination {
  /** Names of the variables it is started with. */
  readonly variables: readonly string[]
  readonly memory: MemoryUse | null
  /** When it ended last, milliseconds since the epoch; null while it has not. */
  readonly endedAt: number | null
  /** When the kernel's own count of out-of-memory kills was last seen to rise. It counts for the whole machine. */
  readonly kernelKilledAt: number | null
}

/** Memory of all processes of an instance; shared pages count once where the kernel tells. */
export interface MemoryUse {
  readonly usedBytes: number
  readonly peakBytes: number
  /** `resources.memory`; null: no bound. */
  readonly limitBytes: number | null
  /** The last time it was killed for it. */
  readonly killed: { readonly usedBytes: number; readonly limitBytes: number; readonly at: number } | null
}

export interface ProgramLook {
  /** The letter in /proc: R, S, D, T (stopped), Z. */
  readonly state: string
  /** Processor time used in its life, milliseconds. */
  readonly cpuMs: number
}

/** What the diagnosis tried by itself; null: not tried, or without a result. */
export interface Experiments {
  /** The first bytes that came back for a plain GET, and how that connection ended. */
  readonly bytes: FirstBytes | null
  /** Whether it speaks TLS. */
  readonly tls: boolean | null
  /** Whether it answers the preface of HTTP/2 without TLS. */
  readonly h2c: boolean | null
  /** A Host with which the same probe passes. */
  readonly host: string | null
  /** Whether the same probe passes when told that the client came by https. */
  readonly forwardedHttps: boolean | null
  /** Whether the page that it redirects to asks for a password. */
  readonly login: boolean | null
}

export interface FirstBytes {
  readonly isConnected: boolean
  readonly bytes: Buffer
  readonly end: 'closed' | 'reset' | 'open'
}

export const NO_EXPERIMENTS: Experiments = {
  bytes: null,
  tls: null,
  h2c: null,
  host: null,
  forwardedHttps: null,
  login: null,
}

/** One explanation: null where the evidence does not speak for it. */
export type Explain = (evidence: Evidence) => Cause | null

/** Whether the program has ended since the gate began to look. */
export function hasEnded({ at, instance, seen, examination: { endedAt } }: Evidence): boolean {
  if (instance.lastExit === null) return false
  return instance.pid === null || (endedAt !== null && at - endedAt <= seen.waitedMs + START_MS)
}

/** Between the start of an instance and the gate's first look. */
const START_MS = 5_000

/** Addresses at which a connection to 127.0.0.1 arrives. `::` does unless the socket is for IPv6 alone. */
const REACHED = new Set(['127.0.0.1', '0.0.0.0', '::', '::ffff:127.0.0.1', '::ffff:0.0.0.0'])

export function isReached({ address }: { readonly address: string }): boolean {
  return REACHED.has(address)
}

/** Its own sockets at which a probe arrives. */
export function ownOnPort({ instance, listeners }: Pick<Evidence, 'instance' | 'listeners'>): readonly Listener[] {
  return listeners.filter((listener) => listener.port === instance.port && isReached(listener))
}

export function places(listeners: readonly { readonly address: string; readonly port: number }[]): readonly string[] {
  const texts = listeners.map(({ address, port }) =>
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
  )
  return [...new Set(texts)]
}

export function describeHolder({ pid, command, instance }: Holder): string {
  const who = pid === null ? 'another program' : `pid ${pid} (${command.slice(0, 80)})`
  return instance === null ? who : `${who}, which belongs to ${instance}`
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`
}
