/** `roster-cli.ts up|plan|deploy|rollback|resume|abort|stop [FOLDER]`: commands of the CLI, with the target of roster-target.ts. */
import { join } from 'node:path'
import { bringUp } from '../../src/cli/bring-up.ts'
import { endKeeper } from '../../src/cli/keeper-end.ts'
import { removeSocketFolder } from '../../src/cli/socket-folder.ts'
import { connectKeeper } from '../../src/keeper/client.ts'
import { abortUnderLease, deployUnderLease, resumeUnderLease, type Deploying } from '../../src/cli/deploying.ts'
import { draftRelease, findEarlier, planFor } from '../../src/cli/draft.ts'
import { createNarrator } from '../../src/cli/narrate.ts'
import { exitCodeOf, printError } from '../../src/cli/output.ts'
import { makeStateFolder, readProject } from '../../src/cli/project.ts'
import { rosterPort } from '../../src/cli/roster-port.ts'
import { readSecrets } from '../../src/cli/secret-values.ts'
import { conclude } from '../../src/cli/with-deploying.ts'
import { connectControl } from '../../src/control/api/client.ts'
import { socketPath } from '../../src/keeper/paths.ts'
import { NodeEngine } from './node-engine.ts'
import { RosterTarget } from './roster-target.ts'

const GRACE_MS = 5_000

const [verb = '', folder = '.'] = process.argv.slice(2)
process.exitCode = await run().catch((error: unknown) => {
  printError(error, false)
  return exitCodeOf(error)
})

async function run(): Promise<number> {
  const project = makeStateFolder(await readProject(folder, undefined))
  if (verb === 'up') {
    const { control, keeper } = await bringUp(project)
    control.close()
    keeper.close()
    return 0
  }
  const control = connectControl(socketPath(project.stateFolder, 'control'), { awayMs: 5_000 })
  const secrets = readSecrets(project)
  const narrator = createNarrator({ json: false, out: process.stdout })
  const engineFolder = join(project.stateFolder, 'engine')
  const targetFor = (token: number): RosterTarget =>
    new RosterTarget({
      projectFolder: project.folder,
      keptOut: project.keptOut,
      engineFolder,
      graceMs: GRACE_MS,
      roster: rosterPort(control, token),
      release: async (id) => (await control.call('release.get', { release: id })).release!,
    })
  const deploying: Deploying = { project, control, secrets, narrator, reason: verb, targetFor }
  const draft = () => draftRelease(project, secrets, control)
  try {
    switch (verb) {
      case 'plan':
        console.log(
          JSON.stringify(await planFor({ kind: 'deploy', next: await draft(), control, target: targetFor(0) })),
        )
        return 0
      case 'deploy':
        return conclude(
          await deployUnderLease(deploying, async (target) =>
            planFor({ kind: 'deploy', next: await draft(), control, target }),
          ),
          narrator,
        )
      case 'rollback':
        return conclude(
          await deployUnderLease(deploying, async (target) =>
            planFor({ kind: 'rollback', next: await findEarlier(control, undefined, target), control, target }),
          ),
          narrator,
        )
      case 'resume':
        return conclude(await resumeUnderLease(deploying), narrator)
      case 'abort': {
        const { state } = await abortUnderLease(deploying)
        return state === 'aborted' || state === 'taken-back' ? 0 : 1
      }
      case 'stop': {
        const engine = new NodeEngine(engineFolder)
        await endKeeper(await connectKeeper(project.stateFolder), () => control.call('environment.stop', {}))
        removeSocketFolder(project.stateFolder)
        await engine.remove(
          engine.list().map(({ id }) => id),
          GRACE_MS,
        )
        return 0
      }
      default:
        throw new Error(`no such verb: ${verb}`)
    }
  } finally {
    narrator.close()
    control.close()
  }
}
