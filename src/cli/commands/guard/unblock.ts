import { Command } from 'commander'
import { globalsOf, openEnvironment, type MakeCommand } from '../../command.ts'
import { describeReached } from '../../guard-text.ts'
import { whoAmI } from '../../lease.ts'
import { print, printJson } from '../../output.ts'

const DESCRIPTION = 'Take a block by hand or an automatic one away, and what was held against the client.'

export const unblockCommand: MakeCommand = (onExitCode) => {
  const command = new Command('unblock')
    .description(DESCRIPTION)
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .argument('<address>', 'as `seaworthy guard list` shows it')
    .argument('[environment]', "the environment (default: 'local', or the only one)")
    .action(async (address: string, environment: string | undefined) => {
      using opened = await openEnvironment(command, environment)
      const { block, reached } = await opened.control.call('guard.unblock', { address, by: whoAmI() })
      if (reached.applied < reached.workers) onExitCode(1)
      if (globalsOf(command).json) return printJson({ block, reached })
      print(`${block.address} is not blocked any more; ${describeReached(reached)}`)
    })
  return command
}
