import { Problem } from '../../../core/problem.ts'
import type { Release } from '../../release.ts'
import type { Place } from '../labels.ts'
import { mustRun, runAll, runCommand, type RunOptions } from '../run-command.ts'
import {
  inspectContainers,
  listContainers,
  listNetworks,
  readLogs,
  removeContainers,
  removeVolume,
  stopContainers,
  type Host,
} from './commands.ts'
import { containerOf } from './container.ts'
import { mustHaveImage } from './images.ts'
import { secretsVolume } from './names.ts'
import { observed, type Observed } from './observe.ts'
import { startCommands } from './start-commands.ts'

/** How often containers may go between a list of them and a look at them. */
const LOOKS_MAX = 3

export interface ContainersOptions {
  readonly host: Host
  readonly place: Place
  readonly run: RunOptions
}

/** The containers of one environment on one engine. What is there is found by its labels each time, never remembered. */
export class Containers {
  readonly #options: ContainersOptions

  constructor(options: ContainersOptions) {
    this.#options = options
  }

  /** @throws Problem `target.tool-failed`: an engine that does not answer is not one without containers */
  async observe(): Promise<readonly Observed[]> {
    const { host, place, run } = this.#options
    for (let look = 1; ; look++) {
      const ids = linesOf(await mustRun(listContainers(host, place), run))
      if (ids.length === 0) return []
      const inspect = inspectContainers(host, ids)
      if (look === LOOKS_MAX) return observed(await mustRun(inspect, run))
      const { code, stdout } = await runCommand(inspect, run)
      // One that has gone since it was listed makes it exit with 1; so does an engine that has.
      if (code === 0) return observed(stdout)
    }
  }

  /**
   * Has the instances with these numbers there and started, beside whatever runs. One that the engine cannot start is no
   * failure here: its observation says why.
   * @param values of the service's secrets; empty: those that its volume has
   * @throws Problem `image.not-there`
   */
  async start(
    release: Release,
    service: string,
    numbers: readonly number[],
    image: string,
    values: Readonly<Record<string, string>>,
  ): Promise<readonly Observed[]> {
    const { host, place, run } = this.#options
    const wanted = numbers.map((number) => containerOf(release, service, number, image))
    const networks = linesOf(await mustRun(listNetworks(host, place), run))
    const there = { containers: await this.observe(), networks }
    const commands = startCommands({ host, place, wanted, values, there })
    if (commands.length > 0) await mustHaveImage(host, image, run)
    await runAll(commands, run)
    const ids = new Set(wanted.map(({ instance }) => instance))
    return (await this.observe()).filter(({ instance }) => ids.has(instance.id))
  }

  /** Ends and removes a release's containers, of one service or of all, and its secrets with the last of them. */
  async stop(release: Release, service: string | null): Promise<void> {
    const { host, run, place } = this.#options
    const { config, id } = release
    for (const name of service === null ? Object.keys(config.services) : [service]) {
      const ids = (await this.observe())
        .filter(({ instance }) => instance.release === id && instance.service === name)
        .map((one) => one.id)
      if (ids.length > 0) await this.#remove(ids, config.services[name]!.graceMs)
      await mustRun(removeVolume(host, secretsVolume(place, name, id)), run)
    }
  }

  async lastLines({ id }: Observed, count: number): Promise<readonly string[]> {
    const { host, run } = this.#options
    const { lastLines } = await runCommand(readLogs(host, id, count), { ...run, streams: true })
    return lastLines.filter((line) => line !== '')
  }

  /** Somebody may have removed one meanwhile: what counts is that they are gone. */
  async #remove(ids: readonly string[], graceMs: number): Promise<void> {
    const { host, run } = this.#options
    await runAll([stopContainers(host, ids, graceMs), { ...removeContainers(host, ids), mayFail: true }], run)
    const left = (await this.observe()).filter(({ id }) => ids.includes(id))
    if (left.length === 0) return
    const names = left.map(({ instance }) => instance.id).join(', ')
    throw new Problem('instance.not-removed', `the engine still has ${names}`, {
      hint: 'Look at it with `docker inspect`, then run the command again.',
    })
  }
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}
