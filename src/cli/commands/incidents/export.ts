import { incidentMarkdown } from '../../alerts-text.ts'
import { globalsOf, openEnvironment, type MakeCommand } from '../../command.ts'
import { print, printJson } from '../../output.ts'
import { incidentCommand } from './incident-command.ts'

export const exportCommand: MakeCommand = () => {
  const command = incidentCommand('export', 'One incident as Markdown, or with --json as JSON: where a review begins.')
  return command.action(async (incident: string, environment: string | undefined) => {
    using opened = await openEnvironment(command, environment)
    const answer = await opened.control.call('incident.get', { incident })
    if (globalsOf(command).json) return printJson(answer)
    print(incidentMarkdown(answer.incident, answer.timeline).trimEnd())
  })
}
