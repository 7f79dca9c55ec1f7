import { Problem } from '../../core/problem.ts'
import type { DeployResult } from '../../deploy/engine.ts'
import { environmentCommand, globalsOf, type MakeCommand } from '../command.ts'
import { abortUnderLease, deployUnderLease, resumeUnderLease, type Deploying } from '../deploying.ts'
import { draftRelease, planFor } from '../draft.ts'
import type { Hosted } from '../hosted/hosted.ts'
import { hostedOf } from '../hosted/hosted-of.ts'
import { isHeldTogether } from '../hosts/peers.ts'
import type { Narrator } from '../narrate.ts'
import { abortTrial, promoteTrial } from '../on-trial.ts'
import { EXIT } from '../output.ts'
import { listenNotice } from '../listen-notice.ts'
import { readPlan } from '../plan-file.ts'
import { describeIdleKeys, describePlan } from '../plan-text.ts'
import { mustBeThereStill } from '../promotion.ts'
import { conclude, withDeploying } from '../with-deploying.ts'

interface DeployOptions {
  readonly dryRun?: boolean
  readonly resume?: boolean
  readonly abort?: boolean
  readonly promote?: boolean
  readonly force?: boolean
  readonly plan?: string
  readonly render?: string
  readonly registry?: string
  readonly push?: boolean
  readonly json?: boolean
}

/** A host, perhaps with a port, and a path: what an image's name begins with. */
const REGISTRY = /^[a-z0-9][a-z0-9.-]*(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*\/?$/

export const deployCommand: MakeCommand = (onExitCode) => {
  const command = environmentCommand('deploy', 'Ship what the folder holds now, without losing a request.')
    .option('--dry-run', 'show the plan; touch nothing. The environment has to be up')
    .option(
      '--plan <file>',
      'execute exactly this plan (from `seaworthy plan --out`), or refuse because the world moved',
    )
    .option('--force', 'deploy although nothing changed')
    .option('--resume', 'go on with a deploy that was interrupted')
    .option('--abort', 'undo a deploy that was interrupted, or take back a release on trial')
    .option('--promote', 'let a release on trial go to its next step now')
    .option(
      '--render <folder>',
      'write the release as a Kustomize base and overlays, for others to apply; asks no cluster. Of all environments on Kubernetes, or of the one named',
    )
    .option(
      '--registry <name>',
      'with --render: where images made of the files are to be, such as registry.example.com/shop (default: `registry` of the environments)',
    )
    .option(
      '--push',
      'with --render: have those images there, made by docker where they are not, and name them by digest',
    )
    .addHelpText(
      'after',
      `
Examples:
  seaworthy deploy                     into 'local'
  seaworthy deploy staging --dry-run   what would be done, and why
  seaworthy plan --out .seaworthy/plan.json && seaworthy deploy --plan .seaworthy/plan.json
  seaworthy deploy --resume            after a crash or a cancelled job
  seaworthy deploy --promote           a release on trial to its next step
  seaworthy deploy --render deploy/    files for Argo CD or Flux`,
    )
    .action(async (environment: string | undefined, options: DeployOptions) => {
      const { config, json } = globalsOf(command)
      mustBeOneWay(options)
      if (options.render !== undefined) {
        const { render } = await import('../render.ts')
        const { render: folder, registry, push = false, force = false, dryRun = false } = options
        const how = { registry, pushes: push, force, writes: !dryRun, json }
        return onExitCode(await render({ config, environment, folder, ...how }))
      }
      onExitCode(
        await withDeploying(command, environment, 'deploy', (deploying) => run({ ...options, json }, deploying), {
          rotation: options.dryRun ? 'left' : options.resume || options.abort ? 'ended' : 'settled',
        }),
      )
    })
  return command
}

function mustBeOneWay(options: DeployOptions): void {
  const ways = (['resume', 'abort', 'promote', 'render'] as const).filter((way) => options[way] !== undefined)
  if (ways.length > 1)
    throw new Problem('cli.usage', `${ways.map((way) => `--${way}`).join(' and ')} exclude each other`)
  const { render, registry, push, plan, dryRun } = options
  const usage = (text: string): Problem => new Problem('cli.usage', text)
  if (render !== undefined && plan !== undefined) throw usage('--render and --plan exclude each other')
  if (registry !== undefined && render === undefined)
    throw usage('--registry says where images are that --render names')
  if (registry !== undefined && !REGISTRY.test(registry))
    throw usage(`--registry takes a name such as registry.example.com/shop, not ${registry}`)
  if (push && render === undefined) throw usage('--push is for the images that --render names')
  if (push && dryRun) throw usage('--push and --dry-run exclude each other')
}

async function run(options: DeployOptions, deploying: Deploying): Promise<number> {
  const { project, control, secrets, narrator, targetFor } = deploying
  const hosted = await hostedOf(project)
  if (hosted !== null && options.dryRun) return dryRunHosted(options, deploying, hosted)
  if (hosted !== null) await (await import('../hosted/planning.ts')).beforeDeploy(project, hosted, deploying)
  if (options.promote) return promoteTrial(deploying)
  if (options.resume) return conclude(await unlessSettled(resumeUnderLease(deploying), narrator), narrator)
  if (options.abort) {
    const result = (await abortTrial(deploying)) ?? (await unlessSettled(abortUnderLease(deploying), narrator))
    if (result === null) return EXIT.done
    narrator.result(result)
    // Going back is what was asked for, whichever side of the switch it was.
    return result.state === 'aborted' || result.state === 'taken-back' ? EXIT.done : EXIT.failed
  }
  const idle = describeIdleKeys(project.checked)
  if (options.dryRun) {
    const next = await draftRelease(project, secrets, control)
    const plan = await planFor({ kind: 'deploy', next, control, target: targetFor(0) })
    if (options.json) narrator.plan(plan)
    else narrator.note(`${describePlan(plan)}${idle === null ? '' : `\n\n${idle}`}`)
    return EXIT.done
  }
  if (idle !== null) narrator.note(idle)
  // Elsewhere the installation tells where it differs.
  const moved = hosted === null ? listenNotice(project.app, (await control.call('status', {})).url) : null
  if (moved !== null) narrator.note(moved)
  const pinned = options.plan === undefined ? null : readPlan(options.plan)
  const result = await deployUnderLease(deploying, async (target) => {
    if (pinned) await mustBeThereStill(pinned, target)
    if (pinned) return pinned
    const next = await draftRelease(project, secrets, control)
    const plan = await planFor({ kind: 'deploy', next, control, target })
    if (plan.changes.length > 0 || plan.base.live === null || options.force) return plan
    narrator.note(`nothing changed: ${plan.base.live} is live. Use --force to deploy it again.`)
    return null
  })
  return conclude(result, narrator)
}

/** Of several hosts one may have nothing unfinished: there is nothing to do on it, and the others go on. */
async function unlessSettled(work: Promise<DeployResult>, narrator: Narrator): Promise<DeployResult | null> {
  try {
    return await work
  } catch (error) {
    const isSettled = error instanceof Problem && error.code === 'deploy.nothing-unfinished'
    if (!isSettled || !isHeldTogether(process)) throw error
    narrator.note(error.message)
    return null
  }
}

/** The installation comes first, and its commands; then the plan, where somebody can tell what is live. */
async function dryRunHosted(
  { json = false }: DeployOptions,
  { project, secrets, control }: Deploying,
  hosted: Hosted,
): Promise<number> {
  const { showPlan } = await import('../hosted/show-plan.ts')
  await showPlan({ project, hosted, secrets, control, as: json ? 'event' : 'text' })
  return EXIT.done
}
