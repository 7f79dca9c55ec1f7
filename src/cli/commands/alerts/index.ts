import { Command } from 'commander'
import type { MakeCommand } from '../../command.ts'
import { addDefaultAction } from '../../default-action.ts'
import { acknowledgeCommand } from '../incidents/acknowledge.ts'
import { listCommand } from './list.ts'
import { silenceCommand } from './silence.ts'
import { testCommand } from './test.ts'

export const alertsCommand: MakeCommand = (onExitCode) => {
  const command = new Command('alerts').description('What is wrong now, and who is told of it.').addHelpText(
    'after',
    `
Examples:
  seaworthy alerts                           what fires, and why nobody is told where nobody is
  seaworthy alerts ack i7                    somebody has it: no more messages about it
  seaworthy alerts silence service=api --for 2h --reason 'new disk'
  seaworthy alerts test ops                  a real message to the channel`,
  )
  addDefaultAction(command, listCommand(onExitCode))
  for (const make of [acknowledgeCommand, silenceCommand, testCommand]) command.addCommand(make(onExitCode))
  return command
}
