import type { MigrationRun } from '../../deploy/migration.ts'
import { Problem } from '../../core/problem.ts'
import { environmentCommand, globalsOf, openEnvironment, sayFor, type MakeCommand } from '../command.ts'
import { takeLease } from '../lease.ts'
import { describeMigrations, describeRun } from '../migration-text.ts'
import { print, printJson } from '../output.ts'
import { currentSecrets } from '../rotation.ts'
import { targetOf } from '../targets.ts'

interface MigrateOptions {
  readonly contract?: boolean
  readonly giveUpRollback?: boolean
}

export const migrateCommand: MakeCommand = () => {
  const command = environmentCommand(
    'migrate',
    'Where the live release stands with its migrations; --contract runs the contracting ones.',
  )
    .option('--contract', 'take away what only older releases used')
    .option('--give-up-rollback', 'even while an older release could return: it then cannot any more')
    .addHelpText(
      'after',
      `
Expanding migrations run in each deploy.

Examples:
  seaworthy migrate                    what has run, what waits, and what stands in its way
  seaworthy migrate production --contract`,
    )
    .action(async (environment: string | undefined, options: MigrateOptions) => {
      if (options.giveUpRollback && !options.contract)
        throw new Problem('cli.usage', '--give-up-rollback is for --contract')
      const { json } = globalsOf(command)
      using opened = await openEnvironment(command, environment)
      const { control } = opened
      if (!options.contract) {
        const state = await control.call('migration.state', {})
        return json ? printJson(state) : print(sayFor(command)(describeMigrations(state)))
      }
      const runs = await contract(opened, options.giveUpRollback ?? false, (text) => json || print(text))
      if (json) printJson({ runs })
    })
  return command
}

type Opened = Awaited<ReturnType<typeof openEnvironment>>

/** Runs the contracts of the live release that have not run yet, one service after the other. */
async function contract(
  { project, control }: Opened,
  giveUpRollback: boolean,
  tell: (text: string) => void,
): Promise<readonly MigrationRun[]> {
  const secrets = await currentSecrets(project, control)
  await using lease = await takeLease(control, 'migrate --contract', tell)
  const { live, services } = await control.call('migration.state', {})
  const { release } = live === null ? { release: null } : await control.call('release.get', { release: live })
  const declared = services.filter((one) => one.contract !== null)
  if (release === null || declared.length === 0) {
    throw new Problem('migration.nothing', `${live ?? 'nothing'} is live and declares no contract`, {
      hint: "Declare migrate: { contract: '…' } and deploy it first.",
    })
  }
  const target = targetOf(project, control, secrets, lease.token)
  const runs: MigrationRun[] = []
  for (const { service, contract: declaredOne } of declared) {
    if (declaredOne!.isDone) {
      tell(`${service}: ${describeRun(declaredOne!.last!)}`)
      continue
    }
    tell(`${service}: contract '${declaredOne!.command.join(' ')}'`)
    const run = await target.contract(release, service, giveUpRollback)
    tell(`${service}: ${describeRun(run)}`)
    runs.push(run)
  }
  return runs
}
