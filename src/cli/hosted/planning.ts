import type { ControlClient } from '../../control/api/client.ts'
import { hasMadeRoom } from '../../deploy/journal.ts'
import type { Project } from '../project.ts'
import { bringBack, type Back } from './bring-back.ts'
import type { Hosted, Installed } from './hosted.ts'
import { replaceText } from './installation-text.ts'
import { shareKey } from './key.ts'
import { nobodyYet } from './nobody-yet.ts'
import { untilAnswering } from './until-answering.ts'

/** What a plan is made from: the installation, and control, or whoever answers in its place where nothing is yet. */
export interface Planning {
  readonly installed: Installed
  /** Null: control has kept something and does not run, so that nobody can tell what a deploy would do. */
  readonly control: ControlClient | null
}

/** For a plan: looks, and changes nothing. */
export async function planningOn(hosted: Hosted, control: ControlClient): Promise<Planning> {
  const installed = await hosted.look()
  if (installed.isRunning) return { installed, control }
  return { installed, control: installed.isNew ? nobodyYet() : null }
}

/** For a deploy: has the installation there. What differs from the config stays until `up`: replacing it may interrupt. */
export async function beforeDeploy(
  project: Project,
  hosted: Hosted,
  { control, secrets, narrator }: Pick<Back, 'control' | 'secrets' | 'narrator'>,
): Promise<void> {
  const { plan, isRunning } = await hosted.look()
  if (plan.kind === 'replace' && isRunning)
    return narrator.note(`the installation ${replaceText(plan)} (${plan.because.join('; ')})`)
  if (plan.kind === 'nothing') return
  await hosted.install((text) => narrator.note(text))
  const status = await untilAnswering(project, hosted)
  await shareKey(project, hosted)
  // What was stopped with it: a deploy begins beside what is live. One that has made room is for the command to go on with or undo.
  if (status.world.live !== null && !hasMadeRoom(status.running))
    await bringBack({ project, hosted, control, secrets, narrator }, status, status.world.live)
}
