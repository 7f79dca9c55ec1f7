import type { Status } from '../control/api/contract.ts'
import { Problem } from '../core/problem.ts'
import { hasMadeRoom } from '../deploy/journal.ts'
import { deployUnderLease, type Deploying } from './deploying.ts'
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
