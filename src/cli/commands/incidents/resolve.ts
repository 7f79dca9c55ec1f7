import { globalsOf, openEnvironment, type MakeCommand } from '../../command.ts'
import { whoAmI } from '../../lease.ts'
import { print, printJson } from '../../output.ts'
import { incidentCommand } from './incident-command.ts'

export const resolveCommand: MakeCommand = () => {
  const command = incidentCommand(
    'resolve',
    'It is over, and why; of one that ended by itself the cause is noted.',
  ).requiredOption('--cause <text>', 'what it was')
  return command.action(async (incident: string, environment: string | undefined, { cause }: { cause: string }) => {
    using opened = await openEnvironment(command, environment)
    const answer = await opened.control.call('incident.resolve', { incident, cause, by: whoAmI() })
    if (globalsOf(command).json) return printJson(answer)
    print(`${incident} is resolved: ${cause}`)
  })
}
