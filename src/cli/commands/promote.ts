import { Command } from 'commander'
import { Problem } from '../../core/problem.ts'
import { globalsOf, type MakeCommand } from '../command.ts'
import { deployUnderLease, type Deploying } from '../deploying.ts'
import { draftPromoted, planFor } from '../draft.ts'
import { hostedOf } from '../hosted/hosted-of.ts'
import { EXIT } from '../output.ts'
import { writePlan } from '../plan-file.ts'
import { describePlan } from '../plan-text.ts'
import { lookAtProven, type Proven } from '../promotion.ts'
import { conclude, withDeploying } from '../with-deploying.ts'

interface PromoteOptions {
  readonly dryRun?: boolean
  readonly out?: string
}

export const promoteCommand: MakeCommand = (onExitCode) => {
  const command = new Command('promote')
    .description('Deploy in one environment exactly what is live and proven in another, whatever the folder holds now.')
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .argument('<from>', 'the environment where it is live and proven')
    .argument('<to>', 'the environment that gets the same artifacts, under its own config')
    .option('--dry-run', 'show the plan; touch nothing. Both environments have to be up')
    .option('--out <file>', 'write the plan to a file for `seaworthy approve` and `seaworthy deploy --plan`')
    .addHelpText(
      'after',
      `
Examples:
  seaworthy promote staging production
  seaworthy promote staging production --dry-run
  seaworthy promote staging production --out .seaworthy/plan.json   where an approval is wanted`,
    )
    .action(async (from: string, to: string, options: PromoteOptions) => {
      const { json } = globalsOf(command)
      const proven = await lookAtProven(command, from, to)
      const work = (deploying: Deploying): Promise<number> => run(proven, { ...options, json }, deploying)
      onExitCode(await withDeploying(command, to, 'promote', work).catch(withoutFirstDeploy))
    })
  return command
}

/** `up` alone would deploy the folder, which is what promoting is to avoid. */
function withoutFirstDeploy(error: unknown): never {
  const hint = error instanceof Problem ? HINTS[error.code] : undefined
  if (!(error instanceof Problem) || hint === undefined) throw error
  const { code, message, details } = error
  throw new Problem(code, message, { hint, details, cause: error })
}

const HINTS: Readonly<Record<string, string>> = {
  'environment.down': 'Start it with nothing live, then promote again: `seaworthy up --detach --empty`.',
  'environment.unreachable':
    'Its own last lines say why. Where nothing is installed yet, have it there with nothing live, then promote again: `seaworthy up --detach --empty`.',
}

async function run(
  proven: Proven,
  { dryRun, out, json }: PromoteOptions & { readonly json: boolean },
  deploying: Deploying,
): Promise<number> {
  const { project, control, secrets, narrator, targetFor } = deploying
  const { environment } = project.app
  const changesNothing = dryRun === true || out !== undefined
  const hosted = changesNothing ? null : await hostedOf(project)
  if (hosted !== null) await (await import('../hosted/planning.ts')).beforeDeploy(project, hosted, deploying)
  if (changesNothing) {
    const made = await planFor({
      kind: 'deploy',
      next: await draftPromoted(project, secrets, control, proven),
      control,
      target: targetFor(0),
    })
    const plan = out === undefined ? made : await writePlan(out, made, project)
    if (json) narrator.plan(plan)
    else narrator.note(describePlan(plan))
    if (out !== undefined && project.app.approval)
      narrator.note(`\nSomebody else approves it: seaworthy approve ${out} ${environment}`)
    if (out !== undefined) narrator.note(`Then: seaworthy deploy ${environment} --plan ${out}`)
    return EXIT.done
  }
  const result = await deployUnderLease(deploying, async (target) => {
    const next = await draftPromoted(project, secrets, control, proven)
    const plan = await planFor({ kind: 'deploy', next, control, target })
    if (plan.changes.length > 0 || plan.base.live === null) return plan
    narrator.note(
      `nothing changed: ${plan.base.live} is live and the same as ${proven.release.id} of ${proven.promotion.environment}`,
    )
    return null
  })
  return conclude(result, narrator)
}
