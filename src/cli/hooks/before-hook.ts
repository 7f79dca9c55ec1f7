import type { ControlClient } from '../../control/api/client.ts'
import { HOOK_TIMEOUT_MS, hookJob } from '../../control/hooks/hook-job.ts'
import { Problem } from '../../core/problem.ts'
import type { Plan } from '../../deploy/plan.ts'
import type { HookPlace } from './place.ts'
import { runHere } from './run-here.ts'

export interface BeforeHook {
  readonly control: ControlClient
  readonly token: number
  readonly deploy: string
  readonly plan: Plan
  readonly by: string
  /** The config's. */
  readonly folder: string
  /** Null: control runs it. */
  readonly place: HookPlace | null
  readonly signal: AbortSignal
}

/**
 * Runs the hook `before`. As a job of control, asked again after a crash, it waits for the one that runs; run here, it ends that
 * one and begins anew.
 * @throws Problem `deploy.hook-failed`
 */
export async function runBeforeHook(hook: BeforeHook): Promise<void> {
  const { control, token, deploy, plan, by, folder, place, signal } = hook
  const argv = plan.release.config.hooks.before ?? []
  const path = process.env['PATH'] ?? '/usr/bin:/bin'
  const call = { time: 'before' as const, argv, folder, path, outcome: null }
  const job = hookJob({ ...call, deploy: { id: deploy, kind: plan.kind, by, plan } })
  const exit =
    place === null
      ? (await control.call('job.run', { token, job })).exit
      : await runHere(job, { mark: place.mark, signal })
  if (exit.ok) return
  throw new Problem('deploy.hook-failed', `the hook 'before' ('${argv.join(' ')}') ${exit.description}`, {
    hint: `Nothing was touched. It runs in ${folder}, for at most ${HOOK_TIMEOUT_MS / 60_000} min.`,
    details: exit.lastLines.map((line) => `| ${line}`),
  })
}
