import type { HookTime } from '../../config/resolved.ts'
import type { DeployRecord } from '../../deploy/journal.ts'
import type { Job } from '../api/contract.ts'
import type { HookRun } from '../api/hooks-methods.ts'
import { baseEnvironment } from '../launch.ts'
import { hasSucceeded } from '../notify/deploy-message.ts'

/** A hook that takes longer is killed. */
export const HOOK_TIMEOUT_MS = 10 * 60_000
/** Last lines may be long, and Linux starts no program with a variable of 128 KiB. */
const BECAUSE_CHARACTERS_MAX = 8_192

export interface HookCall {
  readonly time: HookTime
  readonly argv: readonly string[]
  readonly deploy: Pick<DeployRecord, 'id' | 'kind' | 'by' | 'plan'>
  /** The config's. */
  readonly folder: string
  /** The PATH under which its program is looked up. */
  readonly path: string
  /** How the deploy ended; null before it has begun. */
  readonly outcome: { readonly state: string; readonly because: string | null; readonly proof: string } | null
}

/** A hook as a job of the keeper: who it is for is in its environment, and nothing else of ours. */
export function hookJob({ time, argv, deploy, folder, path, outcome }: HookCall): Job {
  const { id, kind, by, plan } = deploy
  const { NODE_ENV: _, ...environment } = baseEnvironment(path)
  return {
    name: hookName(time, id, plan.release.id),
    argv,
    cwd: folder,
    env: {
      ...environment,
      DEPLOY: id,
      KIND: kind,
      RELEASE: plan.release.id,
      RELEASE_BEFORE: plan.base.live ?? '',
      APP: plan.release.config.name,
      ENVIRONMENT: plan.release.config.environment,
      PLAN_HASH: plan.hash,
      BY: by,
      ...(outcome === null
        ? {}
        : {
            OUTCOME: outcome.state,
            BECAUSE: (outcome.because ?? '').slice(0, BECAUSE_CHARACTERS_MAX),
            PROOF: outcome.proof,
          }),
    },
    timeoutMs: HOOK_TIMEOUT_MS,
    uses: null,
  }
}

/** The hook of a deploy that has ended. */
export function hookOf(deploy: Pick<DeployRecord, 'state' | 'plan'>): {
  readonly time: HookRun['time']
  readonly argv: readonly string[] | null
} {
  const time = hasSucceeded(deploy) ? 'after' : 'failed'
  return { time, argv: deploy.plan.release.config.hooks[time] }
}

/** A rollback deploys a release for the second time: the deploy's own id makes the name unique. */
export function hookName(time: HookTime, deploy: string, release: string): string {
  return `hook:${time}:${deploy}@${release}`
}
