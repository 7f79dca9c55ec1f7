import type { Logger } from '../../core/logger.ts'
import { messageOf, Problem } from '../../core/problem.ts'
import type { CanaryProgress } from '../../deploy/canary.ts'
import type { Release } from '../../deploy/release.ts'
import type { RolloutProgress } from '../api/contract.ts'
import type { RolloutRow } from '../state.ts'
import type { RolloutDetail } from './detail.ts'
import { Followers } from './followers.ts'
import { Rollout, type RolloutWorld } from './rollout.ts'

/** How long a promotion waits for the workers to have the next share. */
const PROMOTE_MS = 5_000

const FIRST = 'Run `seaworthy deploy --resume`, which starts what lacks, or `seaworthy deploy --abort`.'
/** Behind the beginning of a switch, `--resume` leaves instances alone. */
const AGAIN = 'Run `seaworthy deploy --abort`, then deploy again.'

/** What is asked before the first step. */
export interface RolloutsWorld extends RolloutWorld {
  /** A service of a release that has no instance; null: each has one, or was stopped on purpose. */
  lacking(release: Release): string | null
}

/** Once traffic can reach a release, this carries on: through the death of the CLI, and of control itself. */
export class Rollouts {
  readonly #world: RolloutsWorld
  readonly #logger: Logger
  readonly #running = new Map<string, Rollout>()
  readonly #followers: Followers

  constructor(world: RolloutsWorld, logger: Logger) {
    this.#world = world
    this.#logger = logger
    this.#followers = new Followers(world.clock)
  }

  /**
   * Begins, or goes on under the lease of whoever has taken over.
   * @throws Problem `release.no-instance`: traffic would meet nobody
   */
  begin(deploy: string, token: number): void {
    const running = this.#running.get(deploy)
    if (running) return running.adopt(token)
    const row = this.#world.state.rollout(deploy)
    const { failedIn = null } = (row?.detail ?? {}) as RolloutDetail
    if (row !== null && failedIn !== null) {
      if (failedIn === 'canary' || failedIn === 'switch') this.#mustBeThere(deploy, AGAIN)
      return this.#run({ ...row, token, phase: failedIn, detail: { ...(row.detail as RolloutDetail), failedIn: null } })
    }
    if (row !== null) return
    this.#mustBeThere(deploy, FIRST)
    const first: RolloutRow = { deploy, token, phase: this.#firstPhase(deploy), detail: {} satisfies RolloutDetail }
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
    this.#followers.asked(deploy)
    for (;;) {
      const events = state.rolloutEvents(deploy, after)
      const settled = !this.#running.has(deploy) && (state.rollout(deploy)?.phase ?? 'settled') === 'settled'
      if (events.length > 0 || settled || clock.now() >= until) return { events, settled }
      await clock.sleep(20)
    }
  }

  /** The trial that runs now, with its deploy. */
  trial(): { readonly deploy: string; readonly progress: CanaryProgress } | null {
    for (const [deploy, { trial }] of this.#running) if (trial !== null) return { deploy, progress: trial.progress }
    return null
  }

  /** Ends the step that runs now, as if it had passed; resolves when the next share is in force or the trial is over. */
  async promote(by: string): Promise<{ readonly deploy: string; readonly share: number }> {
    const [deploy, rollout] = this.#onTrial()
    const { trial } = rollout
    const before = trial!.progress.step
    const share = trial!.promote(by)
    const { state, clock } = this.#world
    state.addEvent(clock.now(), 'canary', `${deploy}: step ${before} was ended by ${by}`)
    const until = clock.now() + PROMOTE_MS
    while (rollout.trial?.progress.step === before && clock.now() < until) await clock.sleep(20)
    return { deploy, share }
  }

  /** Takes the release on trial back on a person's word. Returns its deploy. */
  abortTrial(by: string): string {
    const [deploy, rollout] = this.#onTrial()
    rollout.askBack(`aborted by ${by}`)
    return deploy
  }

  #mustBeThere(deploy: string, hint: string): void {
    const { release } = this.#world.state.deploy(deploy)!.plan
    const lacking = this.#world.lacking(release)
    if (lacking === null) return
    throw new Problem('release.no-instance', `${lacking} of ${release.id} has no instance: it gets no traffic`, {
      hint,
    })
  }

  #onTrial(): readonly [deploy: string, Rollout] {
    const found = [...this.#running].find(([, { trial }]) => trial !== null)
    if (found !== undefined) return found
    throw new Problem('deploy.not-on-trial', 'no release is on trial', { hint: 'See `seaworthy status`.' })
  }

  #firstPhase(deploy: string): RolloutRow['phase'] {
    const { operations } = this.#world.state.deploy(deploy)!.plan
    return operations.some(({ kind }) => kind === 'canary') ? 'canary' : 'switch'
  }

  isRunning(): boolean {
    return this.#running.size > 0
  }

  #run(row: RolloutRow): void {
    const rollout = new Rollout(row, this.#world, this.#followers)
    this.#running.set(row.deploy, rollout)
    void rollout
      .run()
      .catch((error: unknown) => {
        this.#logger.error('rollout failed', {
          deploy: row.deploy,
          error: error instanceof Error ? error.stack : String(error),
        })
        rollout.fail(messageOf(error), error instanceof Problem ? error.code : null)
      })
      .finally(() => {
        this.#running.delete(row.deploy)
        const { unanswered } = rollout
        if (unanswered !== null) this.back(row.deploy, unanswered.token, unanswered.because)
      })
  }
}
