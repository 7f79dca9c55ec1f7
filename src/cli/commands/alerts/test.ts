import { Command } from 'commander'
import { globalsOf, openEnvironment, type MakeCommand } from '../../command.ts'
import { whoAmI } from '../../lease.ts'
import { print, printJson } from '../../output.ts'

export const testCommand: MakeCommand = () => {
  const command = new Command('test')
    .description('Send a real message to one channel, the way alerts go.')
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .argument('<channel>', "one of alerts.channels, or 'owner.pager'")
    .argument('[environment]', "the environment (default: 'local', or the only one)")
    .action(async (channel: string, environment: string | undefined) => {
      using opened = await openEnvironment(command, environment)
      const sent = await opened.control.call('alerts.test', { channel, by: whoAmI() })
      if (globalsOf(command).json) return printJson({ channel, ...sent })
      print(`${sent.notification} is on its way to ${channel}; \`seaworthy status --history\` says what came of it.`)
    })
  return command
}
