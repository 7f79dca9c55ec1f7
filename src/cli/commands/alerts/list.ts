import { globalsOf, environmentCommand, openEnvironment, type MakeCommand } from '../../command.ts'
import { describeAlerts, describeSilence } from '../../alerts-text.ts'
import { print, printJson } from '../../output.ts'

export const listCommand: MakeCommand = () => {
  const command = environmentCommand('list', 'What fires, what may soon, what cannot be known, and why nobody is told.')
  return command.action(async (environment: string | undefined) => {
    using opened = await openEnvironment(command, environment)
    const overview = await opened.control.call('alerts.list', {})
    if (globalsOf(command).json) return printJson(overview)
    const nowMs = Date.now()
    print(describeAlerts(overview, nowMs))
    for (const silence of overview.silences.filter(({ toMs }) => toMs > nowMs)) print(describeSilence(silence))
    if (!overview.isWatchedOutside) print('Nobody outside notices when control dies: name a URL in alerts.heartbeat.')
  })
}
