import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { messageOf } from '../../core/problem.ts'
import type { DeployRecord } from '../../deploy/journal.ts'
import type { Contract } from '../api/contract.ts'
import type { DeployOrigin, HookExit, HookRun } from '../api/hooks-methods.ts'
import type { Approvals } from '../approvals.ts'
import { AuditTrail, type TrailEntry, type TrailRecord } from '../audit/trail.ts'
import type { Jobs } from '../jobs.ts'
import type { ChannelFile } from '../notify/channels.ts'
import { deployMessage, inWords, proofDigest } from '../notify/deploy-message.ts'
import type { Letter } from '../notify/letter.ts'
import type { Outbox } from '../notify/outbox.ts'
import { isForAll } from '../../observe/alerts/stages/route.ts'
import type { State } from '../state.ts'
import { HooksElsewhere } from './elsewhere.ts'
import { hookJob, hookName, hookOf } from './hook-job.ts'
import { makeOwed, type Owed, type OwedRow } from './owed.ts'

export interface AfterDeployOptions {
  readonly folder: string
  /** The PATH under which hooks' programs are looked up. */
  readonly path: string
  readonly state: State
  readonly jobs: Jobs
  readonly approvals: Approvals
  readonly clock: Clock
  readonly logger: Logger
  readonly outbox: Outbox
  readonly channels: ChannelFile
  /** False: an engine or a cluster keeps the instances, and the folder of the config is on another machine. */
  readonly runs: boolean
}

/**
 * What every deploy is owed, whoever is alive when it ends: its records in the audit trail, its messages, its hook. What
 * is still owed stands in state.db from the change that begins the deploy, so each is done once, at the latest at
 * control's next start. None of it changes what came of the deploy.
 */
export class AfterDeploy {
  readonly trail: AuditTrail
  readonly elsewhere: HooksElsewhere
  readonly #options: AfterDeployOptions
  readonly #owed: Owed
  readonly #running = new Set<string>()

  constructor(options: AfterDeployOptions) {
    const { folder, state, clock } = options
    this.#options = options
    this.trail = new AuditTrail({ folder, state, clock })
    this.#owed = makeOwed(state)
    const onEnd = (...end: readonly [OwedRow, DeployRecord, HookExit]): void => this.#hookEnded(...end)
    this.elsewhere = new HooksElsewhere({ state, clock, owed: this.#owed, runs: options.runs, onEnd })
    this.trail.open((record) => this.#found(record))
  }

  /** Before the change that begins the deploy: URLs lie in a file of their own. */
  saveChannels(origin: DeployOrigin): void {
    this.#options.channels.save(origin.channels)
  }

  /** In the change that begins the deploy. */
  expect(deploy: string, origin: DeployOrigin): void {
    this.#owed.add(deploy, origin.folder)
    this.#tell(this.#options.state.deploy(deploy)!)
  }

  /** Does what is owed and not done. Cheap when there is nothing. */
  look(): void {
    for (const row of this.#owed.open()) {
      const deploy = this.#options.state.deploy(row.deploy)
      if (deploy !== null) this.#settle(row, deploy)
    }
  }

  hookOf(deploy: string): HookRun | null {
    return this.#owed.find(deploy)?.hook ?? null
  }

  /** How a hook ended that a command has run. */
  endElsewhere(end: Contract['hook.end']['input']): void {
    // Its deploy's own end is on record first: what is settled is not looked at again.
    this.look()
    this.elsewhere.end(end)
  }

  #settle(row: OwedRow, deploy: DeployRecord): void {
    const { trail } = this
    if (!row.begun) trail.record(this.#entryOf(deploy, 'deploy.begun'), () => this.#owed.save({ ...row, begun: true }))
    if (deploy.state === 'running') return
    if (!row.ended) trail.record(this.#entryOf(deploy, 'deploy.ended'), () => this.#ended(deploy))
    if (!this.#options.runs) return this.elsewhere.look(deploy)
    if (this.#running.has(deploy.id)) return
    this.#running.add(deploy.id)
    void this.#runHook(deploy)
      .catch((error: unknown) => this.#options.logger.error('a hook failed', { error: String(error) }))
      .finally(() => this.#running.delete(deploy.id))
  }

  /** A crash came between a record and the note that it was written. */
  #found({ what, subject }: TrailRecord): void {
    const row = typeof subject['deploy'] === 'string' ? this.#owed.find(subject['deploy']) : null
    const deploy = row === null ? null : this.#options.state.deploy(row.deploy)
    if (row === null || deploy === null) return
    if (what === 'deploy.begun') this.#owed.save({ ...row, begun: true })
    if (what === 'deploy.ended' && !row.ended) this.#ended(deploy)
  }

  #ended(deploy: DeployRecord): void {
    this.#owed.save({ ...this.#owed.find(deploy.id)!, begun: true, ended: true })
    this.#tell(deploy)
  }

  #tell(deploy: DeployRecord): void {
    const { approvals, clock, channels, outbox } = this.#options
    const message = deployMessage(deploy, approvals.approverOf(deploy.plan.hash))
    for (const channel of channels.names().filter(isForAll)) {
      const letter: Letter = { kind: 'deploy', message }
      outbox.add({ channel, about: inWords(message), body: { letter } }, clock.now())
    }
  }

  #entryOf(deploy: DeployRecord, what: 'deploy.begun' | 'deploy.ended'): TrailEntry {
    const { plan } = deploy
    const subject = {
      deploy: deploy.id,
      kind: deploy.kind,
      release: plan.release.id,
      releaseBefore: plan.base.live,
      planHash: plan.hash,
      approvedBy: this.#options.approvals.approverOf(plan.hash),
    }
    if (what === 'deploy.begun') return { who: deploy.by, what, subject, outcome: 'done' }
    const ended = { ...subject, proof: proofDigest(deploy), because: deploy.message }
    return { who: deploy.by, what, subject: ended, outcome: deploy.state }
  }

  /**
   * `running` is saved first. Whoever finds it saved asks the keeper, which knows the job from its start on; a job that the
   * keeper has never heard of and that left no output was not started.
   */
  async #runHook(deploy: DeployRecord): Promise<void> {
    const { jobs, folder, path } = this.#options
    const row = this.#owed.find(deploy.id)!
    const { time, argv } = hookOf(deploy)
    const before = hookName('before', deploy.id, deploy.plan.release.id)
    // A command that was interrupted leaves it running.
    if (deploy.plan.operations.some(({ kind }) => kind === 'hook')) await jobs.cancel(before)
    if (argv === null) return this.#owed.save({ ...row, settled: true })
    const proof = join(folder, 'proofs', `${deploy.id}.json`)
    const outcome = { state: deploy.state, because: deploy.message, proof }
    const job = hookJob({ time, argv, deploy, folder: row.folder, path, outcome })
    const hook: HookRun = { time, state: 'running', description: '', lastLines: [] }
    const hasRun = row.hook !== null && !(await jobs.knows(job.name)) && existsSync(jobs.outputOf(job.name))
    this.#owed.save({ ...row, hook })
    const exit = hasRun
      ? { ok: false, description: 'ended while control was away: how is unknown', lastLines: [] }
      : await jobs.run(job).catch((error: unknown) => ({ ok: false, description: messageOf(error), lastLines: [] }))
    this.#hookEnded({ ...row, hook }, deploy, exit)
  }

  #hookEnded(row: OwedRow, deploy: DeployRecord, { ok, description, lastLines }: HookExit): void {
    const { state, clock } = this.#options
    const { time, argv } = hookOf(deploy)
    state.atomically(() => {
      this.#owed.save({ ...row, hook: { time, state: ok ? 'done' : 'failed', description, lastLines }, settled: true })
      const lines = ok ? '' : lastLines.map((line) => `\n  | ${line}`).join('')
      const text = `the hook '${time}' of ${deploy.id} (${argv?.join(' ')}) ${description}${lines}`
      state.addEvent(clock.now(), ok ? 'hook-done' : 'hook-failed', text)
    })
  }
}
