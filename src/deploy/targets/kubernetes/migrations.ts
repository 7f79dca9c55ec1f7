import { Problem } from '../../../core/problem.ts'
import type { Errand, ErrandEnd } from '../../errand.ts'
import type { Release } from '../../release.ts'
import { answered } from '../answered.ts'
import { needServer } from '../docker/need-server.ts'
import type { Place } from '../labels.ts'
import { mustRun, runCommand, type RunOptions } from '../run-command.ts'
import { applyObjects, readLogs, removeSecrets, type Access } from './commands.ts'
import { eventsIn } from './events.ts'
import {
  listJobEvents,
  listJobPods,
  listJobs,
  listSteps,
  readJob,
  readOwner,
  removeSteps,
} from './migration-commands.ts'
import { applyingIn, stepLook, stepsIn, type StepLook } from './migration-look.ts'
import {
  commandStep,
  copyStep,
  stepName,
  type MadeImage,
  type MigrationStep,
  type StepInput,
} from './migration-step.ts'
import { closedPolicy } from './network-policy.ts'
import { serviceAccountOf } from './service-account.ts'

/** How long a pod may wait for its node, its image and its files, in which nothing of it runs. */
const BEGIN_MS = 120_000
const LINES_KEPT = 30

export interface KubernetesMigrationsOptions {
  readonly access: Access
  readonly place: Place
  readonly run: RunOptions
  readonly imageOf: (release: Release, service: string) => Promise<MadeImage>
}

/** What the runs of migrations, which control keeps, want done in a cluster: each step a job of one pod that runs once. */
export class KubernetesMigrations {
  readonly #options: KubernetesMigrationsOptions

  constructor(options: KubernetesMigrationsOptions) {
    this.#options = options
  }

  /**
   * Sees an errand through. Asked again, after a crash of whoever asked, it goes on with the job that is there, and does
   * nothing twice: jobs stay until `tidy`.
   * @throws Problem `migration.running` `target.tool-failed`, and what making an image throws
   */
  async perform(release: Release, service: string, run: number, errand: Errand): Promise<ErrandEnd> {
    const input: StepInput = { release, service, run }
    if (errand.what === 'command') {
      const { imageOf } = this.#options
      return this.#once(input, errand, async () => commandStep(input, await imageOf(release, service), errand))
    }
    const image = needServer('postgres')!.image(release.config.needs[errand.need]!.version)
    const { because, lastLines } = await this.#once(input, errand, async () => copyStep(input, image, errand))
    // Its own words are the cause: that a program exited with 1 says nothing.
    return { because: because && (lastLines.join('\n') || because), lastLines: [] }
  }

  /**
   * Removes the steps of all runs but those that are under way. One that still changes a database is left to end by itself:
   * killed, it would be half done.
   */
  async tidy(underWay: readonly number[]): Promise<void> {
    const { access, place, run } = this.#options
    const steps = stepsIn(await mustRun(listSteps(access, place), run))
    if (steps.length === 0) return
    const applying = applyingIn(await mustRun(listJobs(access, place), run))
    const kept = new Set([...underWay, ...applying.map((one) => one.run)])
    const left = steps.filter((step) => !kept.has(step.run)).map(({ name }) => name)
    if (left.length > 0) await mustRun(removeSteps(access, left), run)
  }

  /** @param make asked only where it has not begun: an image may be gone by then */
  async #once(input: StepInput, { id, what }: Errand, make: () => Promise<MigrationStep>): Promise<ErrandEnd> {
    const { access, run } = this.#options
    const name = stepName(input, id)
    let isClosed = what !== 'command'
    if ((await answered(() => this.#look(name))) === null) await this.#begin(await make(), input.run)
    const until = performance.now() + BEGIN_MS
    const end = await answered(async () => {
      const look = await this.#look(name)
      if (look === null || look.kind === 'ended') return look
      // A pod that is deleted is made again by some clusters. What began keeps its files; another has nothing to begin with.
      if (look.kind === 'runs' && !isClosed) {
        await mustRun(removeSecrets(access, [name]), run)
        isClosed = true
      }
      return look.kind === 'waits' && performance.now() > until ? look : undefined
    })
    if (end === null) return { because: 'was removed by somebody else', lastLines: [] }
    if (end.kind !== 'ended') return this.#giveUp(name, end.kind === 'waits' ? end.why : '')
    const { because, said } = end
    if (said === null) return { because, lastLines: [] }
    const { container } = said
    const logs = readLogs(access, said.pod, { container, lines: LINES_KEPT, isPrevious: false })
    const { code, stdout } = await answered(() => runCommand(logs, run))
    return { because, lastLines: code === 0 ? stdout.split('\n').filter((line) => line !== '') : [] }
  }

  /** @throws Problem where it was never begun, and only there: what may be at work is waited for */
  async #begin({ name, owner, owned }: MigrationStep, number: number): Promise<void> {
    const { access, place, run } = this.#options
    const applying = applyingIn(await mustRun(listJobs(access, place), run))
    const other = applying.find((one) => one.run !== number)
    if (other !== undefined) {
      // All in its message: it becomes the end of an errand, which has no hint.
      throw new Problem(
        'migration.running',
        `a step of run ${other.run} still changes the database; \`kubectl get job ${other.name}\` shows when it has ended`,
      )
    }
    try {
      await mustRun(applyObjects(access, [serviceAccountOf(place), closedPolicy(place), owner]), run)
      const uid = (await mustRun(readOwner(access, name), run)).trim()
      await mustRun(applyObjects(access, owned(uid)), run)
    } catch (error) {
      if ((await answered(() => this.#look(name))) === null) throw error
    }
  }

  /** Nothing of it has run: it is taken away, so that it does not begin when nobody waits for it any more. */
  async #giveUp(name: string, why: string): Promise<ErrandEnd> {
    const { access, run } = this.#options
    const events = eventsIn(await mustRun(listJobEvents(access, name), run))
    await mustRun(removeSteps(access, [name]), run)
    const refused = events.findLast(({ reason }) => reason === 'FailedCreate')?.message ?? why
    return { because: `did not begin within ${BEGIN_MS / 1000} s: ${refused}`, lastLines: [] }
  }

  /** Null: the cluster says that it is not there. @throws Problem `target.tool-failed` where the cluster says nothing */
  async #look(name: string): Promise<StepLook | null> {
    const { access, run } = this.#options
    const job = await mustRun(readJob(access, name), run)
    return job.trim() === '' ? null : stepLook(job, await mustRun(listJobPods(access, name), run))
  }
}
