import { Problem } from '../../core/problem.ts'
import { environmentCommand, globalsOf, openEnvironment, sayFor, type MakeCommand } from '../command.ts'
import { describeEnvironment, describeHistory } from '../environment-text.ts'
import { EXIT, print, printJson } from '../output.ts'
import { describeHealth } from '../status-text.ts'

const HISTORY_SHOWN = 20

interface StatusOptions {
  readonly history?: boolean
  readonly check?: boolean
  readonly watch?: boolean
}

export const statusCommand: MakeCommand = (onExitCode) => {
  const command = environmentCommand('status', 'Is the app fine, since when, what changed; then what runs.')
    .option('--history', 'the last deploys and events too')
    .option('--check', 'exit code 4 unless the app is fine: for scripts')
    .option('-w, --watch', 'go on, and show every change as it happens, until Ctrl-C')
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy status\n  seaworthy status --watch\n  seaworthy status --check\n  seaworthy status production --history --json',
    )
    .action(async (environment: string | undefined, { history, check, watch }: StatusOptions) => {
      if (watch && (history || check))
        throw new Problem('cli.usage', '--watch goes on: it goes with neither --history nor --check')
      using opened = await openEnvironment(command, environment, { awayMs: 1_000, readsOnly: true })
      const { control, way } = opened
      const { json } = globalsOf(command)
      const say = sayFor(command)
      if (watch) {
        // What does not answer at first is told as ever; what does not later on is shown until it does.
        await control.call('health.look', {})
        const { watchStatus } = await import('../watch-status.ts')
        return await watchStatus({ to: way.to, json, say })
      }
      const [status, health, { needs }] = await Promise.all([
        control.call('status', {}),
        control.call('health.look', {}),
        control.call('need.list', {}),
      ])
      if (check && health.state !== 'fine') onExitCode(EXIT.broken)
      const { deploys } = history ? await control.call('deploy.list', { limit: HISTORY_SHOWN }) : { deploys: [] }
      const { events } = history ? await control.call('events', { after: 0, limit: HISTORY_SHOWN }) : { events: [] }
      if (json) return printJson({ ...status, needs, health, ...(history ? { deploys, events } : {}) })
      print(say(`${describeHealth(health, needs)}\n\n${describeEnvironment({ status, needs })}`))
      const past = describeHistory(deploys, events)
      if (past !== '') print(say(past))
    })
  return command
}
