import { describeIncident } from '../../alerts-text.ts'
import { globalsOf, openEnvironment, type MakeCommand } from '../../command.ts'
import { print, printJson } from '../../output.ts'
import { incidentCommand } from './incident-command.ts'

export const showCommand: MakeCommand = () => {
  const command = incidentCommand('show', 'One incident with its timeline: alerts, messages, deploys, actions, notes.')
  return command.action(async (incident: string, environment: string | undefined) => {
    using opened = await openEnvironment(command, environment)
    const answer = await opened.control.call('incident.get', { incident })
    if (globalsOf(command).json) return printJson(answer)
    print(describeIncident(answer.incident, answer.timeline))
  })
}
