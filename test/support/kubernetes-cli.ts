/**
 * `kubernetes-cli.ts plan|deploy|rollback|resume|abort|stop`: commands of the CLI on a real cluster. The namespace and the base
 * of generated images come from the environment; the cluster is the one that kubectl finds by itself.
 */
import { abortUnderLease, deployUnderLease, resumeUnderLease, type Deploying } from '../../src/cli/deploying.ts'
import { draftRelease, findEarlier, planFor } from '../../src/cli/draft.ts'
import { migrationPort } from '../../src/cli/migration-port.ts'
import { createNarrator } from '../../src/cli/narrate.ts'
import { exitCodeOf, printError } from '../../src/cli/output.ts'
import { makeStateFolder, readProject } from '../../src/cli/project.ts'
import { gatewaysPort } from '../../src/cli/gateways-port.ts'
import { rosterPort } from '../../src/cli/roster-port.ts'
import { readSecrets } from '../../src/cli/secret-values.ts'
import { conclude } from '../../src/cli/with-deploying.ts'
import { connectControl } from '../../src/control/api/client.ts'
import { openBridge } from '../../src/control/bridge/near-end.ts'
import { bridgeWords } from '../../src/deploy/targets/kubernetes/commands.ts'
import { controlPod } from '../../src/deploy/targets/kubernetes/control.ts'
import { KubernetesTarget } from '../../src/deploy/targets/kubernetes/target.ts'

const [verb = ''] = process.argv.slice(2)
process.exitCode = await run().catch((error: unknown) => {
  printError(error, false)
  return exitCodeOf(error)
})

async function run(): Promise<number> {
  const project = makeStateFolder(await readProject('.', undefined))
  if (verb === 'stop') return 0
  const access = { context: null, namespace: process.env['TEST_NAMESPACE']! }
  const place = { app: project.app.name, environment: project.app.environment }
  const options = { env: process.env }
  using bridge = openBridge(bridgeWords(access, controlPod(place)), options)
  const control = connectControl(bridge, { awayMs: 60_000 })
  const secrets = readSecrets(project)
  const narrator = createNarrator({ json: false, out: process.stdout })
  const { folder: projectFolder, keptOut } = project
  const bases = { node: process.env['TEST_BASE']!, python: 'none' }
  const targetFor = (token: number): KubernetesTarget =>
    new KubernetesTarget({
      access,
      place,
      run: options,
      images: { host: null, run: options, projectFolder, keptOut, bases },
      roster: rosterPort(control, token),
      gateways: gatewaysPort(control, token),
      release: async (id) => (await control.call('release.get', { release: id })).release,
      secretsOf: (names) => secrets.of(names),
      haveOwn: () => Promise.reject(new Error('nothing of it is static')),
      migrations: migrationPort(control, token),
      connectionsOf: async (release, service) =>
        (await control.call('need.variables', { token, release, service })).variables,
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
      default:
        throw new Error(`no such verb: ${verb}`)
    }
  } finally {
    narrator.close()
    control.close()
  }
}
