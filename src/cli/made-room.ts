import type { ControlClient } from '../control/api/client.ts'
import type { Status } from '../control/api/contract.ts'
import { messageOf, Problem } from '../core/problem.ts'
import { hasMadeRoom } from '../deploy/journal.ts'
import { deployUnderLease, type Deploying } from './deploying.ts'
import { takeLease } from './lease.ts'
import { EXIT, exitCodeOf } from './output.ts'

/**
 * For `up`: what is live serves only when all that made room for another release is back. A deploy that was left there is undone.
 * What cannot come back is told, and does not keep the rest of the environment from being up. Returns the exit code.
 */
export async function bringBackRoom(
  deploying: Deploying,
  { running, heldServices = [] }: Pick<Status, 'running' | 'heldServices'>,
  tell: (error: Problem) => void,
): Promise<number> {
  if (!hasMadeRoom(running) && heldServices.length === 0) return EXIT.done
  try {
    await deployUnderLease(deploying, () => Promise.resolve(null))
    return EXIT.done
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    tell(error)
    // Whoever is at work will bring it back, or have something in its place.
    return error.code === 'deploy.locked' ? EXIT.done : exitCodeOf(error)
  }
}

/**
 * The same where there is neither a config nor a secret, as when the machine starts: by what control can do alone. Files that the
 * release has left go with the next deploy.
 */
export async function bringBackRoomAlone(control: ControlClient, tell: (text: string) => void): Promise<void> {
  const found = await control.call('status', {})
  if (!hasMadeRoom(found.running) && (found.heldServices ?? []).length === 0) return
  await using lease = await takeLease(control, 'up', tell)
  const { token } = lease
  const { running, heldServices = [] } = await control.call('status', {})
  const left = hasMadeRoom(running) ? running : null
  if (left !== null) {
    tell(`${left.id} was left unfinished: undoing it`)
    const { release, base } = left.plan
    if (release.id !== base.live && release.id !== base.warm)
      await control.call('instance.stop', { token, release: release.id, service: null })
  }
  for (const service of heldServices) {
    // The others come back all the same; `status` tells what is out.
    await control.call('service.start', { service, token }).then(
      () => tell(`${service} is back: it had made room for a release that did not come`),
      (error: unknown) => tell(`${service} could not be brought back: ${messageOf(error)}`),
    )
  }
  if (left !== null)
    await control.call('deploy.finish', {
      token,
      deploy: left.id,
      state: 'aborted',
      message: 'left when it had made room',
    })
}
