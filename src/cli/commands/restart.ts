import { environmentCommand, type MakeCommand } from '../command.ts'
import { deployUnderLease } from '../deploying.ts'
import { again, liveRelease, planFor } from '../draft.ts'
import { conclude, withDeploying } from '../with-deploying.ts'
import { restartGatewayCommand } from './restart-gateway.ts'

export const restartCommand: MakeCommand = (onExitCode) => {
  const command = environmentCommand(
    'restart',
    'Fresh instances of the live release beside the old ones, then a switch: no request is lost.',
  )
    .addHelpText('after', '\nExamples:\n  seaworthy restart\n  seaworthy restart gateway')
    .addCommand(restartGatewayCommand())
    .action(async (environment: string | undefined) => {
      const code = await withDeploying(command, environment, 'restart', async (deploying) => {
        const { control, narrator } = deploying
        const result = await deployUnderLease(deploying, async (target) => {
          const release = await liveRelease(control)
          const { world } = await control.call('status', {})
          return planFor({ kind: 'restart', next: again(release, world.sequence + 1), control, target })
        })
        return conclude(result, narrator)
      })
      onExitCode(code)
    })
  return command
}
