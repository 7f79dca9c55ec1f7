import { Command } from 'commander'
import type { MakeCommand } from '../../command.ts'
import { blockCommand } from './block.ts'
import { eventsCommand } from './events.ts'
import { feedCommand } from './feed.ts'
import { keyCommand } from './key.ts'
import { listCommand } from './list.ts'
import { statusCommand } from './status.ts'
import { tryCommand } from './try.ts'
import { unblockCommand } from './unblock.ts'

const DESCRIPTION = 'Who attacks the environment, who is refused, and what the guard says of a request.'

export const guardCommand: MakeCommand = (onExitCode) => {
  const command = new Command('guard').description(DESCRIPTION).addHelpText(
    'after',
    `
Examples:
  seaworthy guard status                     what attacks, and how much
  seaworthy guard events --since 1h --class sqli
  seaworthy guard block 203.0.113.7 --for 2h --reason 'probes the login'
  seaworthy guard try --path "/search?q=1' OR 1=1--"`,
  )
  const commands = [
    statusCommand,
    eventsCommand,
    listCommand,
    blockCommand,
    unblockCommand,
    feedCommand,
    tryCommand,
    keyCommand,
  ]
  for (const make of commands) command.addCommand(make(onExitCode))
  return command
}
