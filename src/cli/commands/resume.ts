import { environmentCommand, globalsOf, openEnvironment, type MakeCommand } from '../command.ts'
import { whoAmI } from '../lease.ts'
import { print, printJson } from '../output.ts'
import { describeCounts } from '../pause-text.ts'

export const resumeCommand: MakeCommand = () => {
  const command = environmentCommand('resume', 'End a pause: what was held goes on in its order.')
    .addHelpText('after', '\nExample:\n  seaworthy resume')
    .action(async (environment: string | undefined) => {
      using opened = await openEnvironment(command, environment)
      const { ended } = await opened.control.call('pause.end', { by: whoAmI() })
      if (globalsOf(command).json) return printJson({ ended })
      if (ended === null) return print('nothing was paused')
      const seconds = Math.round((Date.now() - ended.since) / 1000)
      print(`resumed after ${seconds} s; requests: ${describeCounts(ended, true)}`)
    })
  return command
}
