/**
 * The control API: every method with its input and output. Spoken as `POST /v1/<method>` with JSON over the unix socket
 * `<state>/control.sock`; a refusal is a Problem with status 409 (the world says no), 400 (the call is wrong) or 500.
 */
import type { ProcessIdentity } from '../../core/process-identity.ts'
import type { Counters } from '../../gateway/admin/protocol.ts'
import type { RolloutNews, RolloutOutcome } from '../../deploy/engine.ts'
import type { AlertsMethods } from './alerts-methods.ts'
import type { CanaryMethods, CanaryStatus } from './canary-methods.ts'
import type { CertificateMethods } from './certificate-methods.ts'
import type { DeployRecord, DeployState } from '../../deploy/journal.ts'
import type { JournalPoint, Plan, World } from '../../deploy/plan.ts'
import type { Instance, Promotion, Release } from '../../deploy/release.ts'
import type { OwedWork } from '../../deploy/targets/roster.ts'
import type { LogMethods } from './logs-methods.ts'
import type { MigrationMethods } from './migrations-methods.ts'
import type { ErrandMethods } from './errand-methods.ts'
import type { HostedNeedMethods } from './hosted-need-methods.ts'
import type { NeedMethods } from './need-methods.ts'
import type { GatewaysMethods } from './gateways-methods.ts'
import type { GateMethods } from './gate-methods.ts'
import type { GuardMethods } from './guard-methods.ts'
import type { HealthMethods } from './health-methods.ts'
import type { PauseMethods, PauseStatus } from './pause-methods.ts'
import type { RosterMethods } from './roster-methods.ts'
import type { PromisesMethods } from './promises-methods.ts'
import type { DeployOrigin, HooksMethods, OwedHook } from './hooks-methods.ts'
import type { TraceMethods } from './traces-methods.ts'
import type { ScaleMethods, ScaleStatus } from './scale-methods.ts'
import type { SeriesMethods } from './series-methods.ts'
import type { TlsStatus } from './tls-status.ts'

export interface Contract
  extends
    AlertsMethods,
    NeedMethods,
    HostedNeedMethods,
    ErrandMethods,
    GateMethods,
    GatewaysMethods,
    GuardMethods,
    HealthMethods,
    PauseMethods,
    CanaryMethods,
    CertificateMethods,
    HooksMethods,
    MigrationMethods,
    RosterMethods,
    ScaleMethods,
    SeriesMethods,
    PromisesMethods,
    LogMethods,
    TraceMethods {
  status: { input: Empty; output: Status }
  events: { input: { after: number; limit: number }; output: { events: readonly EnvironmentEvent[] } }
  counters: { input: Empty; output: Counters }

  /** `process`: who asks; a holder of control's host that is provably gone is succeeded at once. Null: it cannot tell. */
  'lease.acquire': {
    input: { holder: string; reason: string; process: ProcessIdentity | null }
    output: { token: number }
  }
  /** Extends the lease. Refused with `lease.lost` when another holder has it. */
  'lease.renew': { input: { token: number }; output: Empty }
  'lease.release': { input: { token: number }; output: Empty }
  'lease.look': { input: Empty; output: { lease: Lease | null } }

  'release.get': { input: { release: string }; output: { release: Release | null } }
  /** Newest first. `onceLive`: only those that have taken traffic. `before`: what a rollback goes back to. */
  'release.list': {
    input: { onceLive: boolean }
    output: { releases: readonly Release[]; before: string | null }
  }

  /** Begins a deploy, or finds the one that runs this very plan. Refused with `deploy.moved` when its base is gone. */
  'deploy.begin': { input: Fenced & { plan: Plan; by: string; origin: DeployOrigin }; output: { deploy: string } }
  'deploy.journal': { input: Fenced & JournalPoint & { deploy: string }; output: Empty }
  /** Marks the end of a deploy that never reached its switch, or of its clean-up. */
  'deploy.finish': { input: Fenced & { deploy: string; state: DeployState; message: string | null }; output: Empty }
  'deploy.get': { input: { deploy: string }; output: { deploy: DeployRecord | null } }
  /** Newest first, without journals. */
  'deploy.list': { input: { limit: number }; output: { deploys: readonly DeployRecord[] } }

  /** Begins the instances of a service that are not there yet. Does not wait until they are ready. */
  'instance.start': {
    input: Fenced & { release: string; service: string; secrets: Readonly<Record<string, string>> }
    output: { instances: readonly Instance[] }
  }
  /** SIGTERM, grace, SIGKILL; resolves when they are gone. Refused for what the routing table names. */
  'instance.stop': {
    input: Fenced & { release: string; service: string | null }
    output: { stopped: readonly string[] }
  }
  /** The last lines that an instance or a job has written. */
  'instance.lines': { input: { name: string; count: number }; output: { lines: readonly string[] } }
  'instance.list': { input: Empty; output: { instances: readonly Instance[] } }

  /** Runs a command in a release's folder with its environment as a child of the keeper: it survives a dying caller. */
  'job.run': { input: Fenced & { job: Job }; output: { exit: JobExit } }
  'job.cancel': { input: Fenced & { name: string }; output: Empty }

  /** Switch, watch, drain, as the plan says; returns when it has begun. Safe to call again. */
  'rollout.begin': { input: Fenced & { deploy: string }; output: Empty }
  /** Waits up to `waitMs` for something newer than `after`. */
  'rollout.follow': { input: { deploy: string; after: number; waitMs: number }; output: RolloutProgress }
  /** Back to the release that was live before. */
  'rollout.back': { input: Fenced & { deploy: string; because: string }; output: Empty }

  /** Stops instances, gateway and control in order; the keeper ends last. */
  'environment.stop': { input: { by?: string }; output: Empty }
  /**
   * Stops one service of the live release (the gateway answers 503 for it), or starts it again. `held`: only until the
   * next switch, because the next release cannot run beside it. `token`: of the deploy that asks; null: a person does.
   */
  'service.stop': { input: { service: string; held: boolean; token: number | null; by?: string }; output: Empty }
  'service.start': { input: { service: string; token: number | null; by?: string }; output: Empty }
}

export type Method = keyof Contract
/** Nothing to say, or nothing to answer. */
export interface Empty {
  readonly none?: never
}

/** Every call that changes something during a deploy carries the token of its lease. */
export interface Fenced {
  readonly token: number
}

export interface Lease {
  readonly holder: string
  /** Null when the holder could not tell. */
  readonly process: ProcessIdentity | null
  readonly reason: string
  readonly token: number
  /** Milliseconds since the epoch. */
  readonly acquiredAt: number
  readonly renewedAt: number
  readonly expiresAt: number
}

export interface Job {
  /** `build:api@7-3fa9c1d2`. Running it again while it runs waits for it. */
  readonly name: string
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Whose needs it reaches: the variables of their connections are added by control. */
  readonly uses: { readonly release: string; readonly service: string } | null
  /** Names in `env` whose values are taken out of what is told of its output, as passwords are in any case. */
  readonly secrets?: readonly string[]
}

export interface JobExit {
  readonly ok: boolean
  readonly description: string
  readonly lastLines: readonly string[]
}

export interface RolloutProgress {
  readonly events: readonly RolloutEvent[]
  /** True when control has nothing more to do for this deploy. */
  readonly settled: boolean
}

export interface RolloutEvent {
  readonly sequence: number
  readonly at: number
  readonly event: RolloutNews | ({ readonly kind: 'settled' } & RolloutOutcome)
}

export interface EnvironmentEvent {
  readonly sequence: number
  readonly at: number
  readonly kind: string
  readonly text: string
}

export interface Status {
  readonly app: string
  readonly environment: string
  readonly url: string
  readonly controlPid: number
  readonly since: number
  readonly world: World
  /** Where the live release was proven before it came here; null: it was made of a working folder. */
  readonly promoted: Promotion | null
  readonly lease: Lease | null
  readonly running: DeployRecord | null
  readonly last: DeployRecord | null
  readonly instances: readonly Instance[]
  readonly gateway: readonly {
    /** The name of the gateway elsewhere it belongs to; empty: control's own. */
    readonly gateway: string
    readonly worker: number
    readonly pid: number | null
    readonly version: number | null
    readonly restarts: number
    /** Finishes what it has, accepts nothing more. */
    readonly retiring: boolean
  }[]
  /** Null: the live release has no TLS. */
  readonly tls: TlsStatus | null
  readonly stoppedServices: readonly string[]
  /** Stopped to make room for a release; no deploy running: it was refused, and they could not be brought back. @default none */
  readonly heldServices?: readonly string[]
  /** What control may not do where instances are kept elsewhere; the next command with the tools does it. */
  readonly owed: readonly OwedWork[]
  /** Hooks that control has nothing to run with, oldest first. @default none: control runs them */
  readonly owedHooks?: readonly OwedHook[]
  readonly paused: PauseStatus | null
  /** The release on trial; null while there is none. */
  readonly canary: CanaryStatus | null
  readonly scaling: readonly ScaleStatus[]
  /** Where on loopback the metrics are shown; null: not yet. */
  readonly metricsPort: number | null
  readonly disk: DiskStatus
}

/** The disk that the state folder is on. */
export interface DiskStatus {
  readonly folder: string
  /** Services run on; nothing can be deployed. */
  readonly isFull: boolean
  readonly bytesLeft: number
  /** Events and other changes that are kept in memory until there is room. */
  readonly waiting: number
}
