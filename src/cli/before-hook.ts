import type { ControlClient } from '../control/api/client.ts'
import { HOOK_TIMEOUT_MS, hookJob } from '../control/hooks/hook-job.ts'
import { Problem } from '../core/problem.ts'
import type { Plan } from '../deploy/plan.ts'

export interface BeforeHook {
  readonly control: ControlClient
  readonly token: number
  readonly deploy: string
  readonly plan: Plan
  readonly by: string
  /** The config's. */
  readonly folder: string
}

/** Runs the hook `before` as a job: asked again after a crash, it waits for the one that runs. @throws Problem `deploy.hook-failed` */
export async function runBeforeHook({ control, token, deploy, plan, by, folder }: BeforeHook): Promise<void> {
  const argv = plan.release.config.hooks.before ?? []
  const path = process.env['PATH'] ?? '/usr/bin:/bin'
  const call = { time: 'before' as const, argv, folder, path, outcome: null }
  const job = hookJob({ ...call, deploy: { id: deploy, kind: plan.kind, by, plan } })
  const { exit } = await control.call('job.run', { token, job })
  if (exit.ok) return
  throw new Problem('deploy.hook-failed', `the hook 'before' ('${argv.join(' ')}') ${exit.description}`, {
    hint: `Nothing was touched. It runs in ${folder}, for at most ${HOOK_TIMEOUT_MS / 60_000} min.`,
    details: exit.lastLines.map((line) => `| ${line}`),
  })
}
