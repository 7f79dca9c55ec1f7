import type { ControlClient } from '../../control/api/client.ts'
import { Problem } from '../../core/problem.ts'
import { takeLease, whoAmI } from '../lease.ts'
import { withOwnFolder } from '../own-folder.ts'
import type { Project } from '../project.ts'
import { currentSecrets } from '../rotation.ts'
import { targetOf } from '../targets.ts'

/** Does to instances what control would do itself, could it. */
export async function settleOwed(
  opened: Project,
  control: ControlClient,
  reason: string,
  note: (text: string) => void,
): Promise<void> {
  const project = await withOwnFolder(opened)
  const secrets = await currentSecrets(project, control)
  await using lease = await takeLease(control, reason, note)
  const { releases } = await control.call('release.list', { onceLive: false })
  await targetOf(project, control, secrets, lease.token).tidy(null, releases)
}

/** Stops a service, or starts it again: control decides, and what the engine or the cluster keeps follows. */
export async function setService(
  project: Project,
  control: ControlClient,
  { service, starts }: { readonly service: string; readonly starts: boolean },
): Promise<void> {
  const by = whoAmI()
  const settle = () => settleOwed(project, control, `${starts ? 'start' : 'stop'} ${service}`, () => {})
  if (!starts) {
    await control.call('service.stop', { service, held: false, token: null, by })
    return settle()
  }
  const start = () => control.call('service.start', { service, token: null, by })
  try {
    await start()
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'instance.owed') throw error
    await settle()
    await start()
  }
}
