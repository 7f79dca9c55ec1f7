import { globalsOf, openEnvironment, type MakeCommand } from '../../command.ts'
import { whoAmI } from '../../lease.ts'
import { print, printJson } from '../../output.ts'
import { incidentCommand } from './incident-command.ts'

export const acknowledgeCommand: MakeCommand = () => {
  const command = incidentCommand('ack', 'Somebody has it: ends escalation and repetition.')
  return command.action(async (incident: string, environment: string | undefined) => {
    using opened = await openEnvironment(command, environment)
    const answer = await opened.control.call('incident.acknowledge', { incident, by: whoAmI() })
    if (globalsOf(command).json) return printJson(answer)
    print(`${incident} is acknowledged.`)
  })
}
