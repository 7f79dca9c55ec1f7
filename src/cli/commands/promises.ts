import { existsSync } from 'node:fs'
import { connectControl } from '../../control/api/client.ts'
import type { PromiseReport } from '../../control/api/promises-methods.ts'
import { Problem } from '../../core/problem.ts'
import { isBroken, promiseViews } from '../../promises/view.ts'
import { environmentCommand, globalsOf, type MakeCommand } from '../command.ts'
import { EXIT, print, printJson } from '../output.ts'
import { readProject, type Project } from '../project.ts'
import { wayTo } from '../way.ts'
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
      const project = await readProject(config, environment)
      const { app, stateFolder } = project
      const report = await lookAt(project)
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

async function lookAt(project: Project): Promise<Omit<PromiseReport, 'at'>> {
  if (project.app.target === 'process' && !existsSync(project.stateFolder)) return DOWN
  using way = await wayTo(project)
  const control = connectControl(way.to, { awayMs: AWAY_MS })
  try {
    return await control.call('promise.look', {})
  } catch (error) {
    if (!(error instanceof Problem) || !/^environment\.(?:down|unreachable)$/.test(error.code)) throw error
    return DOWN
  } finally {
    control.close()
  }
}
