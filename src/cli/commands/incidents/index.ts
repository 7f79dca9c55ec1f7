import { Command } from 'commander'
import type { MakeCommand } from '../../command.ts'
import { addDefaultAction } from '../../default-action.ts'
import { acknowledgeCommand } from './acknowledge.ts'
import { exportCommand } from './export.ts'
import { listCommand } from './list.ts'
import { noteCommand } from './note.ts'
import { resolveCommand } from './resolve.ts'
import { showCommand } from './show.ts'

export const incidentsCommand: MakeCommand = (onExitCode) => {
  const command = new Command('incidents').description('What went wrong, what was done about it, and why it was.')
  command.addHelpText(
    'after',
    `
Examples:
  seaworthy incidents                        the newest
  seaworthy incidents show i7                with its timeline
  seaworthy incidents resolve i7 --cause 'the disk was full of core dumps'
  seaworthy incidents export i7 > i7.md`,
  )
  addDefaultAction(command, listCommand(onExitCode))
  const commands = [showCommand, acknowledgeCommand, resolveCommand, noteCommand, exportCommand]
  for (const make of commands) command.addCommand(make(onExitCode))
  return command
}
