import type { Command } from 'commander'
import { environmentCommand, globalsOf, openEnvironment, openProjectOf } from '../command.ts'
import type { GatewayRestarted } from '../hosted/hosted.ts'
import { hostedOf } from '../hosted/hosted-of.ts'
import { whoAmI } from '../lease.ts'
import { print, printJson } from '../output.ts'

/** `seaworthy restart gateway`: below `restart`, so that the word is the same for all that is started afresh. */
export function restartGatewayCommand(): Command {
  const command = environmentCommand(
    'gateway',
    'New gateway workers from the code now on disk beside the old ones, on the same socket: no request is lost.',
  )
    .exitOverride()
    .addHelpText('after', '\nExample:\n  seaworthy restart gateway')
    .action(async (environment: string | undefined) => {
      const { json } = globalsOf(command)
      const hosted = await hostedOf(await openProjectOf(command, environment))
      if (hosted !== null && hosted.restartGateway !== null) {
        const restarted = await hosted.restartGateway((text) => (json ? undefined : print(`→ ${text}`)))
        return json ? printJson(restarted) : printPods(restarted)
      }
      using opened = await openEnvironment(command, environment)
      const upgrade = await opened.control.call('gateway.upgrade', { by: whoAmI() })
      if (json) return printJson(upgrade)
      const { workers, retiring, tookMs } = upgrade
      const pids = workers.map(({ worker, pid }) => `${worker}: pid ${pid}`).join(', ')
      print(`new gateway workers serve after ${tookMs} ms (${pids})`)
      if (retiring > 0)
        print(`${retiring} old ones finish what they have; their WebSockets get 1012 over the next 15 s`)
    })
  return command
}

function printPods({ pods, retiring, tookMs }: GatewayRestarted): void {
  print(`new gateway pods serve after ${tookMs} ms (${pods.join(', ')})`)
  if (retiring > 0) print(`${retiring} old ones finish what they have; their WebSockets get 1012 meanwhile`)
}
