import { Problem } from '../../../core/problem.ts'
import type { Errand, ErrandEnd } from '../../errand.ts'
import type { Release } from '../../release.ts'
import { answered, STEP_WITHIN_MS } from '../answered.ts'
import { LABEL, type Place } from '../labels.ts'
import { mustRun, runAll, runCommand, type RunOptions } from '../run-command.ts'
import { inspectContainers, listNetworks, readLogs, removeContainers, removeVolume, type Host } from './commands.ts'
import { mustNotBeRoot } from './image-user.ts'
import { mustHaveImage } from './images.ts'
import {
  commandContainer,
  copyContainers,
  findContainer,
  listMigrations,
  oneOffCommands,
  waitFor,
  type OneOff,
  type Step,
} from './migrate-commands.ts'
import { carrierName, migrationName } from './names.ts'
import { needServer } from './need-server.ts'
import { listVolumes } from './own-commands.ts'

const LINES_KEPT = 30
const ENDED = ['exited', 'dead']

export interface DockerMigrationsOptions {
  readonly host: Host
  readonly place: Place
  readonly run: RunOptions
  /** The image of a release's service; it is on the engine. */
  readonly imageOf: (release: Release, service: string) => Promise<string>
}

/** What the runs of migrations, which control keeps, want done on an engine: each step a container that runs once. */
export class DockerMigrations {
  readonly #options: DockerMigrationsOptions

  constructor(options: DockerMigrationsOptions) {
    this.#options = options
  }

  /**
   * Sees an errand through. Asked again, after a crash of whoever asked, it goes on with the container that is there, and
   * does nothing twice: containers stay until `tidy`.
   * @throws Problem `image.not-there` `target.tool-failed`
   */
  async perform(release: Release, service: string, number: number, errand: Errand): Promise<ErrandEnd> {
    const { host, place, run, imageOf } = this.#options
    const step: Step = { host, place, run: number }
    if (errand.what === 'command') {
      return this.#once(step, migrationName(place, number, String(errand.id)), async () => {
        const image = await imageOf(release, service)
        const look = await mustHaveImage(host, image, run)
        mustNotBeRoot(service, look)
        const isOwn = look.labels[LABEL.entry] === 'own'
        return commandContainer(step, release, service, { image, isOwn }, errand)
      })
    }
    const need = release.config.needs[errand.need]!
    const image = needServer('postgres')!.image(need.version)
    const [dump, restore] = copyContainers(step, image, need.url !== null, errand)
    const copy = (one: OneOff): Promise<ErrandEnd> =>
      this.#once(step, one.container.name, async () => {
        await mustHaveImage(host, image, run)
        return one
      })
    const dumped = await copy(dump)
    const end = dumped.because === null ? await copy(restore) : dumped
    // Its own words are the cause: that a program exited with 1 says nothing.
    return { because: end.because && (end.lastLines.join('\n') || end.because), lastLines: [] }
  }

  /**
   * Removes the containers of all runs but those that are under way, and what was made for them to read. One that still
   * changes a database is left to end by itself, as long as control would have waited for it: killed, it would be half done.
   */
  async tidy(underWay: readonly number[]): Promise<void> {
    const { host, place, run } = this.#options
    const there = await this.#observe()
    const kept = [...underWay, ...there.filter((one) => isApplying(one, Date.now())).map(runOf)]
    const left = there.filter((one) => !kept.includes(runOf(one)))
    // Not by what containers mount: whoever was killed before there was one has left its volume all the same.
    const volumes = volumesOfRuns(linesOf(await mustRun(listVolumes(host, place), run)), kept)
    await runAll(
      [
        ...(left.length === 0
          ? []
          : [
              removeContainers(
                host,
                left.map(({ Id }) => Id),
              ),
            ]),
        ...volumes.flatMap((name) => [
          { ...removeContainers(host, [carrierName(name)]), mayFail: true },
          { ...removeVolume(host, name), mayFail: true },
        ]),
      ],
      run,
    )
  }

  /** @param make asked only where it has not begun: an image may be gone by then */
  async #once(step: Step, name: string, make: () => Promise<OneOff>): Promise<ErrandEnd> {
    const { host, run } = this.#options
    const look = (): Promise<Inspected | null> => this.#look(name)
    const there = await answered(look)
    if (there === null || there.State.Status === 'created') await this.#begin(step, await make(), there)
    const ended = await answered(async () => {
      await runCommand(waitFor(host, name, STEP_WITHIN_MS), run)
      const now = await look()
      return now === null || ENDED.includes(now.State.Status) ? now : undefined
    })
    if (ended === null) return { because: 'was removed by somebody else', lastLines: [] }
    const { ExitCode: code, OOMKilled } = ended.State
    const { lastLines } = await answered(() => runCommand(readLogs(host, name, LINES_KEPT), { ...run, streams: true }))
    const because = code === 0 ? null : OOMKilled ? 'ran out of memory' : `exited with ${code}`
    return { because, lastLines: lastLines.filter((line) => line !== '') }
  }

  /** @throws Problem where it was never started, and only there: what may be at work is waited for */
  async #begin(step: Step, one: OneOff, half: Inspected | null): Promise<void> {
    const { host, place, run } = this.#options
    const other = (await this.#observe()).find((there) => runOf(there) !== step.run && isApplying(there, Date.now()))
    if (other !== undefined) {
      const [number, id] = [runOf(other), other.Id.slice(0, 12)]
      // All in its message: it becomes the end of an errand, which has no hint.
      throw new Problem(
        'migration.running',
        `a step of run ${number} still changes the database; \`docker wait ${id}\` ends when it does`,
      )
    }
    try {
      const networks = (await mustRun(listNetworks(host, place), run)).split('\n')
      const removal = half === null ? [] : [removeContainers(host, [half.Id])]
      await runAll([...removal, ...oneOffCommands(step, one, networks)], run)
    } catch (error) {
      const there = await answered(() => this.#look(one.container.name))
      if (there === null || there.State.Status === 'created') throw error
    }
  }

  /** The containers of all runs. @throws Problem `target.tool-failed` */
  async #observe(): Promise<readonly Inspected[]> {
    const { host, place, run } = this.#options
    const ids = linesOf(await mustRun(listMigrations(host, place), run))
    if (ids.length === 0) return []
    // Of those that went meanwhile it says nothing, and of none where the engine did.
    const { stdout } = await runCommand(inspectContainers(host, ids), run)
    return stdout.trim() === '' ? [] : (JSON.parse(stdout) as readonly Inspected[])
  }

  /** Null: the engine says that it is not there. @throws Problem `target.tool-failed` where the engine says nothing */
  async #look(name: string): Promise<Inspected | null> {
    const { host, run } = this.#options
    const [id = ''] = (await mustRun(findContainer(host, name), run)).split('\n')
    if (id === '') return null
    return (JSON.parse(await mustRun(inspectContainers(host, [id]), run)) as readonly Inspected[])[0] ?? null
  }
}

/** The fields that are read, named as the engine names them. */
interface Inspected {
  readonly Id: string
  readonly Config: { readonly Labels: Readonly<Record<string, string>> | null }
  readonly State: {
    readonly Status: string
    readonly StartedAt: string
    readonly OOMKilled: boolean
    readonly ExitCode: number
  }
}

function runOf({ Config }: Inspected): number {
  return Number(Config.Labels?.[LABEL.migration])
}

/** An hour later control has given it up, and told so. */
function isApplying({ Config, State }: Inspected, now: number): boolean {
  const isAtWork = State.Status === 'running' && LABEL.applying in (Config.Labels ?? {})
  return isAtWork && now - Date.parse(State.StartedAt) < STEP_WITHIN_MS
}

/** Of an environment's volumes those that were made for steps of migrations; a service's own folders stay. */
function volumesOfRuns(volumes: readonly string[], underWay: readonly number[]): readonly string[] {
  return volumes.filter((name) => {
    const run = /_migrate_(\d+)-[^_]+_(?:secrets|copy)$/.exec(name)?.[1]
    return run !== undefined && !underWay.includes(Number(run))
  })
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}
