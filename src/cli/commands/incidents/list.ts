import { describeIncidents } from '../../alerts-text.ts'
import { environmentCommand, globalsOf, openEnvironment, type MakeCommand } from '../../command.ts'
import { print, printJson } from '../../output.ts'

const SHOWN_MAX = 50

export const listCommand: MakeCommand = () => {
  const command = environmentCommand('list', 'The newest incidents.')
  return command.action(async (environment: string | undefined) => {
    using opened = await openEnvironment(command, environment)
    const answer = await opened.control.call('incident.list', { limit: SHOWN_MAX })
    if (globalsOf(command).json) return printJson(answer)
    print(describeIncidents(answer.incidents, Date.now()))
  })
}
