import { connectControl, type ControlClient } from '../../control/api/client.ts'
import type { Status } from '../../control/api/contract.ts'
import { Problem } from '../../core/problem.ts'
import type { Project } from '../project.ts'
import { wayTo } from '../way.ts'
import type { Hosted } from './hosted.ts'

/** From the start of what holds it to the first answer of control: a machine at its limit takes a minute. */
const START_MS = 120_000
const LOOK_MS = 500

/** @throws Problem `environment.not-started` with the last lines of what holds control */
export async function untilAnswering(project: Project, hosted: Hosted): Promise<Status> {
  const until = performance.now() + START_MS
  for (;;) {
    try {
      return await ask(project, Math.max(0, until - performance.now()))
    } catch (error) {
      const isAway = error instanceof Problem && ['environment.down', 'environment.unreachable'].includes(error.code)
      if (!isAway) throw error
      // It is started again and again: between two of its lives there is no way in.
      if (performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
        continue
      }
      const { where, command, lines } = await hosted.lastWords()
      throw new Problem('environment.not-started', `control does not answer in ${where}`, {
        hint: `Mend what its last lines say; \`${command}\` has all of them.`,
        details: lines.map((line) => `| ${line}`),
        cause: error,
      })
    }
  }
}

async function ask(project: Project, awayMs: number): Promise<Status> {
  using way = await wayTo(project)
  const control: ControlClient = connectControl(way.to, { awayMs })
  try {
    return await control.call('status', {})
  } finally {
    control.close()
  }
}
