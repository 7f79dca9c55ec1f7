import type { ControlClient } from '../../control/api/client.ts'
import type { Narrator } from '../narrate.ts'
import type { Project } from '../project.ts'
import { haveInstalled, lookAtInstalled, untilAnswering, type Installed } from './installing.ts'
import { shareKey } from './key.ts'
import { nobodyYet } from './nobody-yet.ts'

/** What a plan is made from: the installation, and control, or whoever answers in its place where nothing is yet. */
export interface Planning {
  readonly installed: Installed
  /** Null: control has kept something and does not run, so that nobody can tell what a deploy would do. */
  readonly control: ControlClient | null
}

/** For a plan: looks, and changes nothing. */
export async function planningOn(project: Project, control: ControlClient): Promise<Planning> {
  const installed = await lookAtInstalled(project)
  if (installed.isRunning) return { installed, control }
  return { installed, control: installed.isNew ? nobodyYet() : null }
}

/** For a deploy: has the installation there. What differs from the config stays until `up`: replacing it is an interruption. */
export async function beforeDeploy(project: Project, narrator: Narrator): Promise<void> {
  const { plan, isRunning } = await lookAtInstalled(project)
  if (plan.kind === 'replace' && isRunning)
    return narrator.note(
      `the installation differs (${plan.because.join('; ')}): \`seaworthy up\` replaces it, which interrupts its traffic`,
    )
  if (plan.kind === 'nothing') return
  await haveInstalled(project, (text) => narrator.note(text))
  await untilAnswering(project)
  await shareKey(project)
}
