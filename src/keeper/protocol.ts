/**
 * The keeper's protocol: one JSON object a line, over `<state>/keeper.sock`. A request carries an `id` and is answered by
 * one reply with the same `id`; after `events` the connection also receives an Event line for every change.
 */

/** `need`: a server that instances use, such as a database. */
export const ROLES = ['control', 'gateway', 'instance', 'need'] as const
export type Role = (typeof ROLES)[number]

/** Who a process is: a pid alone is reused, a pid with its start time and the boot it belongs to is not. */
export interface ProcessIdentity {
  readonly pid: number
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startTicks: number
  readonly bootId: string
}

export interface ChildSpec {
  /** Unique among the keeper's children: `control`, `gateway-1`, `api@7-3fa9c1d2-1`. */
  readonly name: string
  readonly role: Role
  readonly argv: readonly [program: string, ...args: string[]]
  readonly cwd: string
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** The account it runs as, where the keeper may change it. @default the keeper's own */
  readonly account?: { readonly uid: number; readonly gid: number }
  /** A file, opened for append, that takes stdout and stderr. */
  readonly output: string
  /** Names of listening sockets to inherit, as file descriptors 3, 4, … in this order. */
  readonly sockets?: readonly string[]
  /** The keeper starts it again when it ends, waiting `minMs`, doubled up to `maxMs`; its spec is then kept on disk. */
  readonly respawn?: { readonly minMs: number; readonly maxMs: number }
}

/** How a process ended. An adopted process is nobody's child here, so its status cannot be known: `unknown`, never 0. */
export type Exit =
  | { readonly kind: 'code'; readonly code: number; readonly at: number }
  | { readonly kind: 'signal'; readonly signal: string; readonly at: number }
  | { readonly kind: 'unknown'; readonly at: number }
  | { readonly kind: 'not-started'; readonly error: string; readonly at: number }

export interface ChildState {
  readonly name: string
  readonly role: Role
  /** Absent when the program could not be started at all. */
  readonly identity: ProcessIdentity | null
  readonly state: 'running' | 'exited'
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly exit: Exit | null
  /** How often the keeper has started it again. */
  readonly restarts: number
  /** True when this keeper found it running instead of starting it. */
  readonly adopted: boolean
  readonly output: string
}

export interface SocketState {
  readonly name: string
  readonly host: string
  readonly port: number
}

export type Request =
  /** Opens and holds a listening socket that the keeper never accepts on. The same name and address again: the same socket. */
  | { readonly id: number; readonly op: 'listen'; readonly name: string; readonly host: string; readonly port: number }
  /** Refused with `keeper.name-taken` while a child of that name runs; the record of an exited one is replaced. */
  | { readonly id: number; readonly op: 'spawn'; readonly spec: ChildSpec }
  /** Lets a listening socket go; who has inherited it keeps it. One that is not there is gone already. */
  | { readonly id: number; readonly op: 'unlisten'; readonly name: string }
  /**
   * `group`: the child's whole process group (each child leads one). Signalling a child that is gone succeeds.
   * `final`: do not start it again when it ends.
   */
  | {
      readonly id: number
      readonly op: 'signal'
      readonly name: string
      readonly signal: NodeJS.Signals
      readonly group?: boolean
      readonly final?: boolean
    }
  | { readonly id: number; readonly op: 'list' }
  /** Drops the record of an exited child. */
  | { readonly id: number; readonly op: 'forget'; readonly name: string }
  | { readonly id: number; readonly op: 'events' }
  /** SIGTERM to every child, SIGKILL after `graceMs`, then the keeper ends. Nobody starts a successor. */
  | { readonly id: number; readonly op: 'shutdown'; readonly graceMs: number }

export type Reply =
  | {
      readonly id: number
      readonly ok: true
      readonly socket?: SocketState
      readonly child?: ChildState
      readonly list?: KeeperState
    }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string }

export interface KeeperState {
  readonly pid: number
  readonly startedAt: number
  readonly children: readonly ChildState[]
  readonly sockets: readonly SocketState[]
}

export type KeeperEvent =
  | { readonly event: 'started'; readonly child: ChildState }
  | { readonly event: 'exited'; readonly child: ChildState }
  /** Sent to every connection before an ordered end, so that nobody takes it for a crash. */
  | { readonly event: 'bye' }
