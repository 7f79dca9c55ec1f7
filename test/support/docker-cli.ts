/** `docker-cli.ts plan|deploy|rollback|resume|abort [FOLDER]`: commands of the CLI, with control in a container and DockerTarget. */
import { connectControl } from '../../src/control/api/client.ts'
import { openBridge } from '../../src/control/bridge/near-end.ts'
import { abortUnderLease, deployUnderLease, resumeUnderLease, type Deploying } from '../../src/cli/deploying.ts'
import { draftRelease, findEarlier, planFor } from '../../src/cli/draft.ts'
import { createNarrator } from '../../src/cli/narrate.ts'
import { exitCodeOf, printError } from '../../src/cli/output.ts'
import { makeStateFolder, readProject } from '../../src/cli/project.ts'
import { rosterPort } from '../../src/cli/roster-port.ts'
import { readSecrets } from '../../src/cli/secret-values.ts'
import { conclude } from '../../src/cli/with-deploying.ts'
import { bridgeWords } from '../../src/deploy/targets/docker/commands.ts'
import { DockerTarget } from '../../src/deploy/targets/docker/target.ts'
import { BASE, ENGINE, OTHER_BASE, OWN } from './docker-project.ts'

const AWAY_MS = 30_000

const [verb = '', wanted] = process.argv.slice(2)
process.exitCode = await run().catch((error: unknown) => {
  printError(error, false)
  return exitCodeOf(error)
})

async function run(): Promise<number> {
  const project = makeStateFolder(await readProject('.', undefined))
  // There is nothing of it on this machine: the engine ends with the test.
  if (verb === 'stop') return 0
  const host = process.env[ENGINE]!
  const tool = { env: process.env }
  using bridge = openBridge(bridgeWords(host, process.env[OWN]!), tool)
  const control = connectControl(bridge, { awayMs: AWAY_MS })
  const secrets = readSecrets(project)
  const narrator = createNarrator({ json: false, out: process.stdout })
  const { name: app, environment } = project.app
  const targetFor = (token: number): DockerTarget =>
    new DockerTarget({
      host,
      place: { app, environment },
      run: tool,
      projectFolder: project.folder,
      keptOut: project.keptOut,
      roster: rosterPort(control, token),
      release: async (id) => (await control.call('release.get', { release: id })).release,
      secretsOf: (names) => secrets.of(names),
      bases: { node: process.env[OTHER_BASE] ?? BASE, python: 'none' },
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
            planFor({ kind: 'rollback', next: await findEarlier(control, wanted, target), control, target }),
          ),
          narrator,
        )
      case 'resume':
        return conclude(await resumeUnderLease(deploying), narrator)
      case 'abort': {
        const { state } = await abortUnderLease(deploying)
        return state === 'aborted' || state === 'taken-back' ? 0 : 1
      }
      default:
        throw new Error(`no such verb: ${verb}`)
    }
  } finally {
    narrator.close()
    control.close()
  }
}
