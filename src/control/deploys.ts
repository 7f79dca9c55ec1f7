import { join } from 'node:path'
import { writeFileAtomic } from '../core/atomic-file.ts'
import type { Clock } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import type { DeployRecord, DeployState } from '../deploy/journal.ts'
import type { Plan } from '../deploy/plan.ts'
import { checkPlanHash } from '../deploy/plan-hash.ts'
import type { Proof } from '../deploy/proof.ts'
import { rotatedBy } from '../deploy/rotated.ts'
import type { DeployOrigin } from './api/hooks-methods.ts'
import type { Approvals } from './approvals.ts'
import type { AfterDeploy } from './hooks/after-deploy.ts'
import type { Leases } from './lease.ts'
import type { Retention } from './retention.ts'
import type { RolloutDetail } from './rollout/detail.ts'
import type { Rollouts } from './rollout/rollouts.ts'
import type { Witnesses } from './rollout/witnesses.ts'
import { GUARD_SECRETS } from './secrets.ts'
import type { SecretFiles } from './secrets.ts'
import type { Services } from './services.ts'
import type { State } from './state.ts'

export interface DeploysOptions {
  readonly folder: string
  readonly state: State
  readonly clock: Clock
  readonly leases: Leases
  readonly approvals: Approvals
  readonly afterDeploy: AfterDeploy
  readonly witnesses: Witnesses
  readonly rollouts: Pick<Rollouts, 'isRunning'>
  readonly retention: Retention
  readonly secrets: SecretFiles
  readonly services: Services
}

/** A deploy's beginning and its end, as control keeps them. */
export class Deploys {
  readonly #options: DeploysOptions

  constructor(options: DeploysOptions) {
    this.#options = options
  }

  begin(plan: Plan, by: string, origin: DeployOrigin): string {
    const { afterDeploy, approvals, clock, secrets, state, witnesses } = this.#options
    checkPlanHash(plan)
    const running = state.runningDeploy()
    if (running?.plan.hash === plan.hash) return running.id
    if (running) {
      throw new Problem('deploy.unfinished', `${running.id} was interrupted and is not settled`, {
        hint: 'Run `seaworthy deploy --resume` or `seaworthy deploy --abort` first.',
      })
    }
    const { live, warm, sequence } = state.world()
    // A warm release that was retired meanwhile takes nothing from the plan.
    const isWarmOther = warm !== null && plan.base.warm !== warm
    if (plan.base.live !== live || isWarmOther || plan.base.sequence !== sequence) {
      throw new Problem(
        'deploy.moved',
        `the plan was made for ${plan.base.live ?? 'nothing'} live, but ${live ?? 'nothing'} is`,
        {
          hint: 'Somebody deployed meanwhile. Make a new plan: `seaworthy plan`.',
        },
      )
    }
    approvals.check(plan, by)
    afterDeploy.saveChannels(origin)
    // A release that comes back comes back with what it had.
    if (!secrets.has(plan.release.id, GUARD_SECRETS)) secrets.save(plan.release.id, GUARD_SECRETS, origin.guard ?? {})
    const id = state.atomically(() => {
      state.set('sequence', Math.max(sequence, plan.release.sequence))
      state.saveRelease(plan.release)
      const deploy = state.beginDeploy({ kind: plan.kind, by, plan, startedAt: clock.now() })
      approvals.use(plan, deploy)
      afterDeploy.expect(deploy, origin)
      return deploy
    })
    witnesses.start(state.deploy(id)!)
    return id
  }

  async finish(deploy: DeployRecord, outcome: DeployState, message: string | null): Promise<void> {
    const { approvals, clock, retention, state, witnesses } = this.#options
    if (deploy.state !== 'running') return
    await witnesses.stop(deploy.id)
    // A refused deploy leaves a proof too: that the live release was not disturbed.
    if (deploy.proof === null) this.saveProof(deploy, { watch: null, drain: null, canary: null })
    state.atomically(() => {
      state.finishDeploy(deploy.id, outcome, message, clock.now())
      approvals.settle(deploy, outcome)
      state.addEvent(
        clock.now(),
        'deploy',
        `${deploy.id} (${deploy.plan.release.id}): ${outcome}${message ? `: ${message}` : ''}`,
      )
      retention.forgetOldReleases()
    })
    if (deploy.kind === 'rotate' && state.get('live') === deploy.plan.release.id) this.#forgetOldValues()
  }

  /** After a rotation nothing runs with the old value any more; a release to go back to is given today's. */
  #forgetOldValues(): void {
    const { secrets, state } = this.#options
    for (const { id } of state.releases()) if (id !== state.get('live')) secrets.forget(id)
  }

  /** After our own restart: somebody may still be at work on a deploy that has not come to its switch. */
  resumeWitness(): void {
    const { leases, state, witnesses } = this.#options
    const running = state.runningDeploy()
    if (running && leases.look() !== null) witnesses.start(running)
  }

  /** A witness whose deploy has nobody left at work stops; `--resume` starts it again. */
  async restWitnesses(): Promise<void> {
    const { leases, rollouts, witnesses } = this.#options
    if (leases.look() !== null || rollouts.isRunning()) return
    for (const deploy of witnesses.running()) await witnesses.stop(deploy)
  }

  /**
   * Ends a deploy whose CLI is gone and whose rollout control has settled: stops what the plan retires. Otherwise it would
   * wait for somebody to resume it, though there is nothing left to decide.
   */
  async completeAbandoned(): Promise<void> {
    const { clock, leases, rollouts, services, state } = this.#options
    const deploy = state.runningDeploy()
    if (deploy === null || leases.look() !== null || rollouts.isRunning()) return
    const rollout = state.rollout(deploy.id)
    const { failedIn = null, watch } = (rollout?.detail ?? {}) as RolloutDetail
    if (rollout?.phase !== 'settled' || failedIn !== null) return
    await leases.hold(`completing ${deploy.id}`, async () => {
      const journal = (point: 'begin' | 'end'): void =>
        state.writeJournal({ deploy: deploy.id, operation: 'retire', point, at: clock.now() })
      journal('begin')
      for (const release of deploy.plan.retires) await services.stop(release, null)
      journal('end')
      const outcome = watch?.verdict === 'inconclusive' ? 'inconclusive' : 'done'
      await this.finish(deploy, outcome, 'completed by control: the command that began it was gone')
    })
  }

  saveProof(deploy: DeployRecord, part: Pick<Proof, 'watch' | 'drain' | 'canary'>): void {
    const { approvals, clock, folder, state, witnesses } = this.#options
    const { id, plan } = deploy
    const { promoted } = plan.release
    const approval = approvals.usedFor(plan.hash, id)
    const summary = witnesses.summary(id)
    const rotated = plan.release.id === state.get('live') ? rotatedBy(plan) : []
    const proof = {
      deploy: id,
      from: plan.base.live,
      to: plan.release.id,
      finishedAt: clock.now(),
      ...summary,
      ...part,
      ...(promoted === undefined ? {} : { promoted: { environment: promoted.environment, release: promoted.release } }),
      ...(approval === null ? {} : { approval: { by: approval.by, at: approval.at, planHash: plan.hash } }),
      ...(rotated.length === 0 ? {} : { rotated }),
    }
    state.saveProof(id, proof)
    writeFileAtomic(join(folder, 'proofs', `${id}.json`), JSON.stringify(proof, null, 2))
  }
}
