import { existsSync } from 'node:fs'
import { connectControl } from '../../control/api/client.ts'
import type { PromiseReport } from '../../control/api/promises-methods.ts'
import { Problem } from '../../core/problem.ts'
import { socketPath } from '../../keeper/paths.ts'
import { isBroken, promiseViews } from '../../promises/view.ts'
import { environmentCommand, globalsOf, type MakeCommand } from '../command.ts'
import { EXIT, print, printJson } from '../output.ts'
import { readProject } from '../project.ts'
import { factsOf } from '../promise-facts.ts'
import { describePromises } from '../promises-text.ts'

/** Only a control that is being restarted is worth waiting for. */
const AWAY_MS = 1_000

export const promisesCommand: MakeCommand = (onExitCode) => {
  const command = environmentCommand(
    'promises',
    'What is promised, whether it can be kept, and how it stands. The arithmetic needs no running environment.',
  )
    .addHelpText(
      'after',
      '\nExit code 4 when a promise cannot be kept, or is broken.\n\nExamples:\n  seaworthy promises\n  seaworthy promises production --json',
    )
    .action(async (environment: string | undefined) => {
      const { config, json } = globalsOf(command)
      const { app, stateFolder } = await readProject(config, environment)
      const report = await lookAt(stateFolder)
      const facts = factsOf(stateFolder)
      const views = promiseViews(
        app,
        { ...facts, connectionsMax: report.connectionsMax },
        new Map(Object.entries(report.stood)),
      )
      const { release, because } = report
      if (json) printJson({ app: app.name, environment: app.environment, release, because, promises: views })
      else print(describePromises(views, because))
      onExitCode(isBroken(views) ? EXIT.broken : EXIT.done)
    })
  return command
}

const DOWN = { release: null, stood: {}, connectionsMax: {}, because: 'the environment is not up' }

async function lookAt(stateFolder: string): Promise<Omit<PromiseReport, 'at'>> {
  if (!existsSync(stateFolder)) return DOWN
  const control = connectControl(socketPath(stateFolder, 'control'), { awayMs: AWAY_MS })
  try {
    return await control.call('promise.look', {})
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'environment.down') throw error
    return DOWN
  } finally {
    control.close()
  }
}
