import { deployUnderLease, type Deploying } from './deploying.ts'
import { draftRelease, planFor } from './draft.ts'
import { EXIT } from './output.ts'
import { conclude } from './with-deploying.ts'

/**
 * Deploys what the folder holds, unless somebody else has deployed meanwhile. Returns the exit code.
 * @param isEmpty nothing is to be live yet
 */
export async function firstDeploy(deploying: Deploying, { isEmpty }: { readonly isEmpty: boolean }): Promise<number> {
  const { project, control, secrets, narrator } = deploying
  if (isEmpty) {
    narrator.note('nothing is live: `seaworthy deploy` or `seaworthy promote` brings the first release')
    return EXIT.done
  }
  if (project.app.approval) {
    const { environment } = project.app
    narrator.note(
      `nothing is live: ${environment} wants an approval. Next: seaworthy plan ${environment} --out .seaworthy/plan.json`,
    )
    return EXIT.done
  }
  const result = await deployUnderLease(deploying, async (target) => {
    const { world } = await control.call('status', {})
    if (world.live !== null) return null
    return planFor({ kind: 'deploy', next: await draftRelease(project, secrets, control), control, target })
  })
  return conclude(result, narrator)
}
