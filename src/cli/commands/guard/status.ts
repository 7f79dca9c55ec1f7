import type { SecurityStatus } from '../../../control/api/guard-methods.ts'
import { environmentCommand, globalsOf, openEnvironment, type MakeCommand } from '../../command.ts'
import { whoAmI } from '../../lease.ts'
import { print, printJson, table } from '../../output.ts'

const MINUTES_SHOWN = 60

export const statusCommand: MakeCommand = () => {
  const command = environmentCommand(
    'status',
    'How the environment stands: its risk, from what, from whom, since when.',
  ).action(async (environment: string | undefined) => {
    using opened = await openEnvironment(command, environment)
    const status = await opened.control.call('guard.status', { minutes: MINUTES_SHOWN, by: whoAmI() })
    if (globalsOf(command).json) return printJson(status)
    print(describe(status))
  })
  return command
}

function describe({ risk, causes, clients, classes, minutes, blocks, threats }: SecurityStatus): string {
  const total = minutes.reduce((sum, { events }) => sum + events, 0)
  const refused = minutes.reduce((sum, minute) => sum + minute.refused, 0)
  const lines = [
    `risk      ${Math.round(risk)} of 100${named(causes)}`,
    `threats   ${threats === null ? 'nothing is deployed' : `mode ${threats}`}`,
    `blocked   ${blocks.manual} by hand, ${blocks.automatic} by risk`,
    `events    ${total} in the last ${minutes.length} minutes, ${refused} of them refusals`,
    `          ${bars(minutes.map(({ events }) => events))}`,
  ]
  if (classes.length > 0) lines.push(`classes   ${classes.map((one) => `${one.class} ${one.count}`).join(', ')}`)
  const rows = clients.map((one) => [one.client, String(Math.round(one.risk)), named(one.causes).slice(2)])
  return [...lines, ...(rows.length === 0 ? [] : ['', 'Riskiest clients', table(rows)])].join('\n')
}

function named(causes: SecurityStatus['causes']): string {
  return causes.length === 0 ? '' : `: ${causes.map(({ cause, risk }) => `${cause} ${Math.round(risk)}`).join(', ')}`
}

/** One character a minute, the highest for the busiest. */
function bars(counts: readonly number[]): string {
  const most = Math.max(...counts, 1)
  return counts.map((count) => (count === 0 ? '·' : '▁▂▃▄▅▆▇█'[Math.ceil((count / most) * 8) - 1])).join('')
}
