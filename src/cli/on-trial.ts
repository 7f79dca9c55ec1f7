import type { DeployResult } from '../deploy/engine.ts'
import { percent } from './canary-text.ts'
import type { Deploying } from './deploying.ts'
import { whoAmI } from './lease.ts'
import { EXIT } from './output.ts'

const FOLLOW_MS = 5_000

/** The next step of the trial that runs, on a person's word. Whoever runs the deploy keeps the lease. */
export async function promoteTrial({ control, narrator }: Deploying): Promise<number> {
  const { deploy, share } = await control.call('canary.promote', { by: whoAmI() })
  narrator.note(`${deploy}: ${share === 1 ? 'the release takes over' : `${percent(share)} of the clients now`}`)
  return EXIT.done
}

/** Takes back the release that is on trial and waits until it is gone; null when none is. */
export async function abortTrial({ control }: Deploying): Promise<DeployResult | null> {
  const { canary } = await control.call('status', {})
  if (canary === null) return null
  const { deploy } = await control.call('canary.abort', { by: whoAmI() })
  let after = 0
  for (;;) {
    const { events, settled } = await control.call('rollout.follow', { deploy, after, waitMs: FOLLOW_MS })
    after = events.at(-1)?.sequence ?? after
    if (settled) break
  }
  const { deploy: record } = await control.call('deploy.get', { deploy })
  const { state, message, proof } = record!
  return { deploy, state, message, proof }
}
