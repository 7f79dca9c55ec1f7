import { existsSync } from 'node:fs'
import { Problem } from '../../core/problem.ts'
import { hasTraffic, type DeployRecord } from '../../deploy/journal.ts'
import { connectKeeper } from '../../keeper/client.ts'
import type { ResolvedApp } from '../../config/resolved.ts'
import { environmentCommand, globalsOf, openEnvironment, openProjectOf, sayFor, type MakeCommand } from '../command.ts'
import type { Stopped } from '../hosted/hosted.ts'
import { hostedOf } from '../hosted/hosted-of.ts'
import { endKeeper } from '../keeper-end.ts'
import { whoAmI } from '../lease.ts'
import { removeSocketFolder } from '../socket-folder.ts'
import { print, printJson } from '../output.ts'

/** For each of instances, gateway and control, when there is no control to ask. */
const GRACE_MS = 30_000

interface StopOptions {
  readonly service?: string
  readonly start?: boolean
  readonly remove?: boolean
}

export const stopCommand: MakeCommand = () => {
  const command = environmentCommand(
    'stop',
    'Stop the environment from front to back: the gateway finishes what is in flight. Data and releases stay.',
  )
    .option('--service <name>', 'only this service; the gateway answers 503 for it')
    .option('--start', 'with --service: start it again')
    .option('--remove', 'on Docker and Kubernetes: remove all that was made for it too; volumes, with all data, stay')
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy stop\n  seaworthy stop --service worker\n  seaworthy stop --service worker --start',
    )
    .action(async (environment: string | undefined, { service, start, remove }: StopOptions) => {
      const { json } = globalsOf(command)
      const asked = await openProjectOf(command, environment, { readsOnly: true })
      const { app, stateFolder } = asked
      const hosted = await hostedOf(asked)
      if (hosted !== null && service === undefined) {
        const stopped = await hosted.stop(remove ?? false)
        return json
          ? printJson({ stopped: stopped.wasUp, removed: remove ?? false, volumes: stopped.volume })
          : print(describeStopped(app, stopped))
      }
      if (remove)
        throw new Problem(
          'cli.usage',
          '--remove is for targets `docker` and `kubernetes`, and for the whole environment',
        )
      if (service === undefined && !(await isUp(stateFolder)))
        return json ? printJson({ stopped: false }) : print(`${app.name} (${app.environment}) is not up`)
      using opened = await openEnvironment(command, environment, { awayMs: 1_000, readsOnly: true })
      const { project, control } = opened
      if (service !== undefined) {
        if (hosted !== null) {
          const { setService } = await import('../hosted/settle.ts')
          await setService(project, control, { service, starts: start ?? false })
        } else if (start) await control.call('service.start', { service, token: null, by: whoAmI() })
        else await control.call('service.stop', { service, held: false, token: null, by: whoAmI() })
        return json
          ? printJson({ service, running: start ?? false })
          : print(`${service} is ${start ? 'running' : 'stopped'}`)
      }
      const keeper = await connectKeeper(project.stateFolder)
      const running = await control.call('status', {}).then(
        (status) => status.running,
        () => null,
      )
      if (running && !json) print(`${running.id} is not finished: ${laterOf(running)}`)
      await endKeeper(keeper, () =>
        control.call('environment.stop', { by: whoAmI() }).catch((error: unknown) => {
          if (!(error instanceof Problem) || error.code !== 'environment.down') throw error
          // A control that cannot come up must not keep the rest running.
          return keeper.shutdown(GRACE_MS)
        }),
      )
      removeSocketFolder(project.stateFolder)
      if (json) printJson({ stopped: true })
      else
        print(
          sayFor(command)(
            `${project.app.name} (${project.app.environment}) is stopped; \`seaworthy up\` brings the same release back`,
          ),
        )
    })
  return command
}

function describeStopped({ name, environment }: ResolvedApp, { didSomething, what, volume }: Stopped): string {
  if (!didSomething) return `${name} (${environment}) is not up`
  const back = `\`seaworthy up ${environment}\` brings the same release back`
  return `${name} (${environment}) is ${what}. What it knows stays in the volume ${volume}; ${back}.`
}

/** Where nobody answers, what a killed environment has left of its sockets is removed. */
async function isUp(stateFolder: string): Promise<boolean> {
  if (!existsSync(stateFolder)) return false
  const keeper = await connectKeeper(stateFolder).catch(() => null)
  if (keeper === null) removeSocketFolder(stateFolder)
  keeper?.close()
  return keeper !== null
}

function laterOf({ journal }: DeployRecord): string {
  return hasTraffic(journal)
    ? 'control goes on with it when the environment is up again'
    : 'when the environment is up again, `deploy --resume` goes on with it, and `deploy --abort` or the next deploy undoes it'
}
