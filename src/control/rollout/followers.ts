import type { Clock } from '../../core/clock.ts'
import { Problem } from '../../core/problem.ts'

/** Whoever follows asks again at once when they are told something; over a bridge that takes a moment. */
export const FOLLOWER_MS = 5_000
const LOOK_MS = 20

/** Commands that follow what comes of a deploy: what has no tools in here, they can do. */
export class Followers {
  readonly #clock: Clock
  /** When somebody has asked last. */
  readonly #askedAt = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  asked(deploy: string): void {
    this.#askedAt.set(deploy, this.#clock.now())
  }

  /**
   * Resolves when a command is there to start the release before. Without one the new release keeps the traffic, whatever is wrong
   * with it: going back would be to nobody at all.
   * @param lack what the release before lacks
   * @throws Problem `deploy.unhelped`
   */
  async help(deploy: string, lack: string, tell: (text: string) => void): Promise<void> {
    const clock = this.#clock
    const toldAt = clock.now()
    tell(`${lack}: whoever follows starts it again`)
    while ((this.#askedAt.get(deploy) ?? 0) <= toldAt) {
      if (clock.now() - toldAt >= FOLLOWER_MS) throw unhelped(deploy, lack)
      await clock.sleep(LOOK_MS)
    }
  }
}

function unhelped(deploy: string, lack: string): Problem {
  return new Problem(
    'deploy.unhelped',
    `${lack}, and no command is there to start it again: ${deploy} keeps the traffic`,
    { hint: '`seaworthy deploy --abort` takes it back.' },
  )
}
