import type { HookTime } from '../../config/resolved.ts'
import type { ProcessIdentity } from '../../core/process-identity.ts'
import type { Plan } from '../../deploy/plan.ts'

/** Approvals of plans, and what runs after a deploy. */
export interface HooksMethods {
  /** For APPROVAL_MS and one deploy. Refused with `approval.own-plan` for whoever made the plan. */
  'approval.give': { input: { plan: Plan; by: string }; output: { approval: Approval } }
  'approval.revoke': { input: { hash: string; by: string }; output: { approval: Approval } }
  /** Newest first. */
  'approval.list': { input: { readonly none?: never }; output: { approvals: readonly Approval[] } }
  /** What came of the hook after a deploy; null when it has none, or has not ended. */
  'hook.look': { input: { deploy: string }; output: { hook: HookRun | null } }
  /**
   * Takes a hook that control has nothing to run with: docs/decisions/0044. Not taken: it is no longer owed, or somebody else has
   * it. `instead`: the run, by its id, of whom it is known that they are gone; null: nobody has taken it.
   */
  'hook.begin': { input: { deploy: string; runner: HookRunner; instead: string | null }; output: { taken: boolean } }
  /** How a hook ended that was taken; of another run than the one that has it now it is not heard. */
  'hook.end': {
    input: { deploy: string; run: string; by: string; exit: HookExit }
    output: { readonly none?: never }
  }
}

export interface HookExit {
  readonly ok: boolean
  /** How it ended, in words. */
  readonly description: string
  readonly lastLines: readonly string[]
}

/** A command that runs a hook. */
export interface HookRunner {
  /** Of this run; no other has it. */
  readonly run: string
  readonly by: string
  /** Null: it cannot tell. */
  readonly process: ProcessIdentity | null
}

/** A hook of a deploy that has ended, for the next command to run. */
export interface OwedHook {
  readonly deploy: string
  readonly time: HookRun['time']
  /** Who has taken it; null: nobody. `isLate`: it should long have ended. */
  readonly runner: (HookRunner & { readonly isLate: boolean }) | null
}

export interface Approval {
  /** Of the plan. */
  readonly hash: string
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly until: number
  /** The deploy that it was used for. */
  readonly usedBy: string | null
  readonly revokedBy: string | null
}

export interface HookRun {
  readonly time: Exclude<HookTime, 'before'>
  readonly state: 'running' | 'done' | 'failed'
  /** How it ended, in words; empty while it runs. */
  readonly description: string
  readonly lastLines: readonly string[]
}

/** Where a deploy comes from: what control needs to go on without the command that began it. */
export interface DeployOrigin {
  /** The folder of the config: hooks run there. */
  readonly folder: string
  /** Ways to tell people, by name; the URLs are values of secrets. */
  readonly channels: Readonly<Record<string, Channel>>
  /** What the guard's workers need to know of credentials: entries of API keys, the secret of tokens. @default {} */
  readonly guard?: { readonly keys?: string; readonly jwt?: string }
}

export type Channel =
  /** `url`: what the secret holds; of PagerDuty an integration key. */
  | { readonly kind: 'webhook' | 'slack' | 'pagerduty'; readonly url: string }
  | { readonly kind: 'email'; readonly url: string; readonly to: readonly string[] }
