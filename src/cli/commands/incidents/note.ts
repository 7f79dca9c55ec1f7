import { Command } from 'commander'
import { globalsOf, openEnvironment, type MakeCommand } from '../../command.ts'
import { whoAmI } from '../../lease.ts'
import { print, printJson } from '../../output.ts'

export const noteCommand: MakeCommand = () => {
  const command = new Command('note')
    .description('Write something into the timeline of an incident.')
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .argument('<incident>', "such as 'i7'")
    .argument('<text>', 'what is to be remembered')
    .argument('[environment]', "the environment (default: 'local', or the only one)")
    .action(async (incident: string, text: string, environment: string | undefined) => {
      using opened = await openEnvironment(command, environment)
      await opened.control.call('incident.note', { incident, text, by: whoAmI() })
      if (globalsOf(command).json) return printJson({ incident, text })
      print(`noted in ${incident}`)
    })
  return command
}
