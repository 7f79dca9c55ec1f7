import { Problem } from '../../../core/problem.ts'
import { secretValues } from '../../need-variables.ts'
import type { Instance, Release } from '../../release.ts'
import { LABEL, type Place } from '../labels.ts'
import { mustRun, runAll, runCommand, type RunOptions } from '../run-command.ts'
import {
  inspectContainers,
  listContainers,
  listNetworks,
  readLogs,
  removeContainers,
  removeVolume,
  restartContainers,
  stopContainers,
  type Host,
} from './commands.ts'
import { containerOf } from './container.ts'
import { mustNotBeRoot } from './image-user.ts'
import { mustHaveEntry } from './own-entry.ts'
import { mustHaveImage } from './images.ts'
import { carrierName, containerName, secretsVolume } from './names.ts'
import { observed, type Observed } from './observe.ts'
import { listVolumes } from './own-commands.ts'
import { startCommands } from './start-commands.ts'
import { idleSecrets } from './tidy.ts'

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
   * One instance; null where it has no container. By the name that it was made with, which is one call: its labels decide
   * whether it is ours, and where nobody has that name all of them are looked at.
   * @throws Problem `target.tool-failed`
   */
  async look(instance: string): Promise<Observed | null> {
    const { host, place, run } = this.#options
    const { code, stdout } = await runCommand(inspectContainers(host, [containerName(place, instance)]), run)
    const all = code === 0 ? observed(stdout) : await this.observe()
    return all.find((one) => one.instance.id === instance) ?? null
  }

  /**
   * Has the instances with these numbers there and started, beside whatever runs. One that the engine cannot start is no
   * failure here: its observation says why.
   * @param values of the service's secrets and needs, of which its own `env` may set some; empty: those that its volume has
   * @throws Problem `image.not-there`; `image.root` and `target.not-yet`, also of an image that was there and so was never made
   */
  async start(
    release: Release,
    service: string,
    numbers: readonly number[],
    image: string,
    values: Readonly<Record<string, string>>,
  ): Promise<readonly Observed[]> {
    const { host, place, run } = this.#options
    const look = await mustHaveImage(host, image, run)
    mustNotBeRoot(service, look)
    mustHaveEntry(service, release.config.services[service]!, look)
    const isOwn = look.labels[LABEL.entry] === 'own'
    const wanted = numbers.map((number) => containerOf(release, service, number, image, isOwn))
    const networks = linesOf(await mustRun(listNetworks(host, place), run))
    const there = { containers: await this.observe(), networks }
    const { services, needs } = release.config
    const own = secretValues(services[service]!, needs, values)
    await runAll(startCommands({ host, place, wanted, values: own, there }), run)
    const ids = new Set(wanted.map(({ instance }) => instance))
    return (await this.observe()).filter(({ instance }) => ids.has(instance.id))
  }

  /** Ends and removes a release's containers, of one service or of all, and its secrets with the last of them. */
  async stop(release: Release, service: string | null): Promise<void> {
    const { place } = this.#options
    const { config, id } = release
    for (const name of service === null ? Object.keys(config.services) : [service]) {
      const ids = (await this.observe())
        .filter(({ instance }) => instance.release === id && instance.service === name)
        .map((one) => one.id)
      await this.remove(ids, config.services[name]!.graceMs)
      await this.#forget(secretsVolume(place, name, id))
    }
  }

  /** Removes the secrets of releases that have no container any more. */
  async forgetIdleSecrets(): Promise<void> {
    const { host, run, place } = this.#options
    const volumes = linesOf(await mustRun(listVolumes(host, place), run))
    for (const volume of idleSecrets(volumes, await this.observe(), place)) await this.#forget(volume)
  }

  async #forget(volume: string): Promise<void> {
    const { host, run } = this.#options
    // One is left where a command was killed while it filled the volume.
    const carrier = { ...removeContainers(host, [carrierName(volume)]), mayFail: true }
    await runAll([carrier, removeVolume(host, volume)], run)
  }

  /** Ends the programs of containers and starts them again. Whether they run then is for their observation to show. */
  async restart(ids: readonly string[], graceMs: number): Promise<void> {
    const { host, run } = this.#options
    if (ids.length > 0) await runAll([restartContainers(host, ids, graceMs)], run)
  }

  async lastLines({ id }: Observed, count: number): Promise<readonly string[]> {
    const { host, run } = this.#options
    const { lastLines } = await runCommand(readLogs(host, id, count), { ...run, streams: true })
    return lastLines.filter((line) => line !== '')
  }

  /**
   * Ends the programs of containers, which stay to be started again.
   * @throws Problem `instance.not-stopped`
   */
  async rest(ids: readonly string[], graceMs: number): Promise<void> {
    const { host, run } = this.#options
    if (ids.length === 0) return
    await runAll([stopContainers(host, ids, graceMs)], run)
    const left = (await this.observe()).filter(({ id, instance }) => ids.includes(id) && isRunning(instance))
    if (left.length === 0) return
    const names = left.map(({ instance }) => instance.id).join(', ')
    throw new Problem('instance.not-stopped', `the engine still runs ${names}`, {
      hint: 'Look at it with `docker inspect`, then run the command again.',
    })
  }

  /**
   * Ends and removes containers. Somebody may have removed one meanwhile: what counts is that they are gone.
   * @throws Problem `instance.not-removed`
   */
  async remove(ids: readonly string[], graceMs: number): Promise<void> {
    const { host, run } = this.#options
    if (ids.length === 0) return
    await runAll([stopContainers(host, ids, graceMs), { ...removeContainers(host, ids), mayFail: true }], run)
    const left = (await this.observe()).filter(({ id }) => ids.includes(id))
    if (left.length === 0) return
    const names = left.map(({ instance }) => instance.id).join(', ')
    throw new Problem('instance.not-removed', `the engine still has ${names}`, {
      hint: 'Look at it with `docker inspect`, then run the command again.',
    })
  }
}

/** One that was only made has never run. */
function isRunning({ state }: Instance): boolean {
  return state !== 'stopped' && state !== 'starting'
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}
