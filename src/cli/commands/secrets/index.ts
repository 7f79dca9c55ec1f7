import { Command } from 'commander'
import type { MakeCommand } from '../../command.ts'
import { rotateCommand } from './rotate.ts'

export const secretsCommand: MakeCommand = (onExitCode) => {
  const command = new Command('secrets')
    .description('Values that services get and nobody else sees.')
    .addHelpText('after', '\nExamples:\n  seaworthy secrets rotate JWT_KEY --generate 32')
  command.addCommand(rotateCommand(onExitCode))
  return command
}
