import { existsSync } from 'node:fs'
import { Option } from 'commander'
import type { ControlClient } from '../../control/api/client.ts'
import type { KeeperClient } from '../../keeper/client.ts'
import { Problem } from '../../core/problem.ts'
import { bringUp } from '../bring-up.ts'
import { environmentCommand, globalsOf, openProjectOf, sayFor, type MakeCommand } from '../command.ts'
import { firstDeploy } from '../first-deploy.ts'
import { hostedOf } from '../hosted/hosted-of.ts'
import { listenNotice } from '../listen-notice.ts'
import { whoAmI } from '../lease.ts'
import { bringBackRoom } from '../made-room.ts'
import { followFiles } from '../log-follow.ts'
import { createNarrator } from '../narrate.ts'
import { print, printError, whenUnheard } from '../output.ts'
import { describeLacks } from '../need-text.ts'
import { makeStateFolder, type Project } from '../project.ts'
import { mustBeFeasible } from '../promise-facts.ts'
import { readSecrets } from '../secret-values.ts'
import { installService, showUnit } from '../service-unit-install.ts'
import { runService } from '../service-unit-run.ts'
import { removeSocketFolder } from '../socket-folder.ts'
import { targetOf } from '../targets.ts'

interface UpOptions {
  readonly detach?: boolean
  readonly empty?: boolean
  readonly install?: boolean
  readonly print?: boolean
  readonly service?: string
}

export const upCommand: MakeCommand = (onExitCode) => {
  const command = environmentCommand(
    'up',
    'Run an environment: gateway, control, and the live release; the first time it deploys.',
  )
    .option('-d, --detach', 'return when it is up instead of following its logs')
    .option('--empty', 'without a first deploy: for an environment whose first release is promoted to it')
    .option('--install', 'write a systemd unit that brings it up when the machine starts, and start it')
    .option('--print', 'with --install: only show the unit')
    .addOption(new Option('--service <folder>', 'what the unit runs').hideHelp())
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy up            follows the logs; Ctrl-C stops what it has brought up\n  seaworthy up --detach\n  seaworthy up production --install',
    )
    .action(async (environment: string | undefined, { detach, empty, install, print: only, service }: UpOptions) => {
      const { json } = globalsOf(command)
      if (service !== undefined) return onExitCode(await runService(service))
      if (only && !install) throw new Problem('cli.usage', '--print goes with --install')
      if (empty && install) throw new Problem('cli.usage', '--empty and --install exclude each other')
      const opened = await openProjectOf(command, environment)
      const hosted = await hostedOf(opened)
      if (hosted !== null) {
        if (install)
          throw new Problem(
            'cli.usage',
            '--install is for target `process`: elsewhere what runs is brought back by who keeps it',
          )
        const { upHosted } = await import('../hosted/up.ts')
        return onExitCode(await upHosted(opened, hosted, { json, say: sayFor(command), isEmpty: empty === true }))
      }
      if (only) return showUnit(opened, json)
      // What has a state folder may have a release to bring up: the next deploy is what is refused then.
      if (!existsSync(opened.stateFolder)) mustBeFeasible(opened.app, opened.stateFolder)
      const project = makeStateFolder(opened)
      if (install) return onExitCode(await installService(project, json))
      const secrets = readSecrets(project)
      // From the first moment on: Ctrl-C while it comes up must not leave half of it behind.
      const interrupted = detach ? null : untilInterrupted()
      const { keeper, control, status, wasUp } = await bringUp(project)
      const narrator = createNarrator({ json, out: process.stdout, say: sayFor(command) })
      const isOurs = !detach && !wasUp
      try {
        narrator.note(`${status.app} (${status.environment}) is up at ${status.url}`)
        const moved = listenNotice(project.app, status.url)
        if (moved !== null) narrator.note(moved)
        for (const lack of describeLacks((await control.call('need.list', {})).needs)) narrator.note(lack)
        const targetFor = (token: number) => targetOf(project, control, secrets, token)
        const deploying = { project, control, secrets, narrator, targetFor }
        if (status.world.live === null && !interrupted?.aborted) {
          onExitCode(await firstDeploy({ ...deploying, reason: 'first deploy' }, { isEmpty: empty === true }))
        } else if (status.world.live !== null) {
          const tell = (error: unknown): void => printError(error, json, sayFor(command))
          onExitCode(await bringBackRoom({ ...deploying, reason: 'up' }, status, tell))
          narrator.note(`${status.world.live} is live; \`seaworthy deploy\` ships what changed since`)
        }
        narrator.close()
        if (detach)
          return json ? print(JSON.stringify({ kind: 'status', ...(await control.call('status', {})) })) : undefined
        if (wasUp && !json)
          print(
            sayFor(command)('it was up already: Ctrl-C ends the showing of its logs, `seaworthy stop` the environment'),
          )
        whenUnheard('ends')
        void keeper.closed.then(() => interrupted!.abort())
        await followFiles({ stateFolder: project.stateFolder, json, signal: interrupted!.signal })
      } finally {
        narrator.close()
        if (isOurs && keeper.isOpen()) await stopInOrder(project, control, keeper, json)
        control.close()
        keeper.close()
      }
    })
  return command
}

function untilInterrupted(): { readonly signal: AbortSignal; readonly aborted: boolean; abort(): void } {
  const controller = new AbortController()
  const onSignal = (): void => controller.abort()
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    get aborted() {
      return controller.signal.aborted
    },
    abort: onSignal,
  }
}

async function stopInOrder(
  project: Project,
  control: ControlClient,
  keeper: KeeperClient,
  json: boolean,
): Promise<void> {
  if (!json) print('\nstopping: the gateway finishes what is in flight …')
  await control.call('environment.stop', { by: whoAmI() })
  await keeper.closed
  removeSocketFolder(project.stateFolder)
}
