import { environmentCommand, type MakeCommand } from '../command.ts'
import { deployUnderLease } from '../deploying.ts'
import { findEarlier, planFor } from '../draft.ts'
import { conclude, withDeploying } from '../with-deploying.ts'

export const rollbackCommand: MakeCommand = (onExitCode) => {
  const command = environmentCommand(
    'rollback',
    'Back to an earlier release: a switch while it is warm, a restart of the recorded release afterwards.',
  )
    .option('--to <release>', 'its id or number, newer ones too (default: the one that was live before)')
    .addHelpText('after', '\nExamples:\n  seaworthy rollback\n  seaworthy rollback production --to 12')
    .action(async (environment: string | undefined, { to }: { to?: string }) => {
      const code = await withDeploying(command, environment, 'rollback', async (deploying) => {
        const { control, narrator } = deploying
        const result = await deployUnderLease(deploying, async (target) =>
          planFor({ kind: 'rollback', next: await findEarlier(control, to, target), control, target }),
        )
        return conclude(result, narrator)
      })
      onExitCode(code)
    })
  return command
}
