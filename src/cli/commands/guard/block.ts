import { Command } from 'commander'
import { Problem } from '../../../core/problem.ts'
import { parseDuration } from '../../../core/quantity.ts'
import { globalsOf, openEnvironment, type MakeCommand } from '../../command.ts'
import { describeBlock, describeReached } from '../../guard-text.ts'
import { whoAmI } from '../../lease.ts'
import { print, printJson } from '../../output.ts'

interface Options {
  readonly reason: string
  readonly for?: string
}

export const blockCommand: MakeCommand = (onExitCode) => {
  const command = new Command('block')
    .description('Refuse an address or a network with 403, on every worker, until it is over or taken away.')
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .argument('<address>', "such as '203.0.113.7', '203.0.113.0/24' or '2001:db8:1:2::/64'")
    .argument('[environment]', "the environment (default: 'local', or the only one)")
    .option('--reason <text>', 'why, for whoever reads it next', 'by hand')
    .option('--for <time>', "how long, such as '2h' (default: until it is taken away)")
    .action(async (address: string, environment: string | undefined, options: Options) => {
      const forMs = forMsOf(options.for)
      using opened = await openEnvironment(command, environment)
      const { reason } = options
      const { block, reached } = await opened.control.call('guard.block', { address, reason, forMs, by: whoAmI() })
      // A worker that does not follow is one through which the client still comes.
      if (reached.applied < reached.workers) onExitCode(1)
      if (globalsOf(command).json) return printJson({ block, reached })
      print(`${describeBlock(block)}; ${describeReached(reached)}`)
    })
  return command
}

function forMsOf(text: string | undefined): number | null {
  if (text === undefined) return null
  const parsed = parseDuration(text)
  if (parsed.ok && parsed.value > 0) return parsed.value
  throw new Problem('cli.usage', `--for ${text} is no time`, { hint: "Write it such as '15min', '2h' or '7d'." })
}
