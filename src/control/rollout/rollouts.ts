import type { Logger } from '../../core/logger.ts'
import { messageOf, Problem } from '../../core/problem.ts'
import type { RolloutProgress } from '../api/contract.ts'
import type { RolloutRow } from '../state.ts'
import { Rollout, type RolloutDetail, type RolloutWorld } from './rollout.ts'

/** Once traffic can reach a release, this carries on: through the death of the CLI, and of control itself. */
export class Rollouts {
  readonly #world: RolloutWorld
  readonly #logger: Logger
  readonly #running = new Map<string, Rollout>()

  constructor(world: RolloutWorld, logger: Logger) {
    this.#world = world
    this.#logger = logger
  }

  /** Begins, or goes on under the lease of whoever has taken over. */
  begin(deploy: string, token: number): void {
    const running = this.#running.get(deploy)
    if (running) return running.adopt(token)
    const row = this.#world.state.rollout(deploy)
    const { failedIn = null } = (row?.detail ?? {}) as RolloutDetail
    if (row !== null && failedIn !== null) {
      return this.#run({ ...row, token, phase: failedIn, detail: { ...(row.detail as RolloutDetail), failedIn: null } })
    }
    if (row !== null) return
    const first: RolloutRow = { deploy, token, phase: 'switch', detail: {} satisfies RolloutDetail }
    this.#world.state.saveRollout(first)
    this.#run(first)
  }

  /** After control's own restart: every rollout that had not settled goes on. */
  resume(): void {
    for (const row of this.#world.state.unsettledRollouts()) this.#run(row)
  }

  /** Takes a release back on somebody's word, while its rollout runs or after it has settled. */
  back(deploy: string, token: number, because: string): void {
    const running = this.#running.get(deploy)
    if (running) {
      running.adopt(token)
      return running.askBack(because)
    }
    const row = this.#world.state.rollout(deploy)
    if (row === null)
      throw new Problem('deploy.not-switched', `${deploy} has not switched: there is nothing to take back`)
    const again: RolloutRow = {
      ...row,
      token,
      phase: 'back',
      detail: { ...(row.detail as RolloutDetail), because, failedIn: null },
    }
    this.#world.state.saveRollout(again)
    this.#run(again)
  }

  async follow(deploy: string, after: number, waitMs: number): Promise<RolloutProgress> {
    const { state, clock } = this.#world
    const until = clock.now() + waitMs
    for (;;) {
      const events = state.rolloutEvents(deploy, after)
      const settled = !this.#running.has(deploy) && (state.rollout(deploy)?.phase ?? 'settled') === 'settled'
      if (events.length > 0 || settled || clock.now() >= until) return { events, settled }
      await clock.sleep(20)
    }
  }

  isRunning(): boolean {
    return this.#running.size > 0
  }

  #run(row: RolloutRow): void {
    const rollout = new Rollout(row, this.#world)
    this.#running.set(row.deploy, rollout)
    void rollout
      .run()
      .catch((error: unknown) => {
        this.#logger.error('rollout failed', {
          deploy: row.deploy,
          error: error instanceof Error ? error.stack : String(error),
        })
        rollout.fail(messageOf(error))
      })
      .finally(() => {
        this.#running.delete(row.deploy)
        const { unanswered } = rollout
        if (unanswered !== null) this.back(row.deploy, unanswered.token, unanswered.because)
      })
  }
}
