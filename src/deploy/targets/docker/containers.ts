import { Problem } from '../../../core/problem.ts'
import type { InstanceState, Release } from '../../release.ts'
import { mustRun, runCommand, type RunOptions } from '../run-command.ts'
import {
  carrierOf,
  connectNetworks,
  createContainer,
  createNetwork,
  createVolume,
  fillVolume,
  inspectContainers,
  inspectNetwork,
  listContainers,
  readLogs,
  removeContainers,
  removeVolume,
  startContainer,
  stopContainers,
  type Host,
} from './commands.ts'
import { containerOf, type Container } from './container.ts'
import { USER_ID } from './dockerfile.ts'
import { mustHaveImage } from './images.ts'
import { networkName, secretsVolume, type Place } from './names.ts'
import { observed, type Observed } from './observe.ts'
import { SECRETS_FOLDER } from './own-files.ts'
import { tarOf } from './tar.ts'

export interface ContainersOptions {
  readonly host: Host
  readonly place: Place
  readonly run: RunOptions
}

/** Nothing of it runs, and the engine will not change that by itself. */
const IDLE: ReadonlySet<InstanceState> = new Set(['starting', 'stopped'])

/** The containers of one environment on one engine. What is there is found by its labels each time, never remembered. */
export class Containers {
  readonly #options: ContainersOptions

  constructor(options: ContainersOptions) {
    this.#options = options
  }

  async observe(): Promise<readonly Observed[]> {
    const { host, place, run } = this.#options
    const ids = (await mustRun(listContainers(host, place), run)).split('\n').filter((id) => id !== '')
    // One that goes between the two looks makes the second exit with 1; the others are told all the same.
    return ids.length === 0 ? [] : observed((await runCommand(inspectContainers(host, ids), run)).stdout)
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
    const { host, run } = this.#options
    const wanted = numbers.map((number) => containerOf(release, service, number, image))
    const there = new Map((await this.observe()).map((one) => [one.instance.id, one]))
    for (const network of new Set(wanted.flatMap(({ networks }) => networks))) await this.#haveNetwork(network)
    const missing = wanted.filter(({ instance }) => !there.has(instance))
    if (missing.length > 0) {
      await mustHaveImage(host, image, run)
      await this.#haveVolumes(release, service, missing[0]!, values)
    }
    for (const container of missing) {
      await mustRun(createContainer(host, container), run)
      for (const command of connectNetworks(host, container)) await mustRun(command, run)
    }
    // Made and never started, by us just now or by a command that was killed in between; or stopped by somebody.
    for (const { instance, name } of wanted)
      if (IDLE.has(there.get(instance)?.instance.state ?? 'starting')) await runCommand(startContainer(host, name), run)
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
    await runCommand(stopContainers(host, ids, graceMs), run)
    await runCommand(removeContainers(host, ids), run)
    const left = (await this.observe()).filter(({ id }) => ids.includes(id))
    if (left.length === 0) return
    const names = left.map(({ instance }) => instance.id).join(', ')
    throw new Problem('instance.not-removed', `the engine still has ${names}`, {
      hint: 'Look at it with `docker inspect`, then run the command again.',
    })
  }

  async #haveNetwork(name: string): Promise<void> {
    const { host, place, run } = this.#options
    if ((await runCommand(inspectNetwork(host, name), run)).code === 0) return
    await mustRun(createNetwork(host, name, place, name === networkName(place, 'inside')), run)
  }

  async #haveVolumes(
    release: Release,
    service: string,
    { volumes, image }: Container,
    values: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { host, place, run } = this.#options
    for (const { name } of volumes) await mustRun(createVolume(host, name, place), run)
    const volume = secretsVolume(place, service, release.id)
    if (!volumes.some(({ name }) => name === volume) || Object.keys(values).length === 0) return
    const files = Object.entries(values).map(([name, value]) => ({
      name,
      bytes: Buffer.from(value),
      mode: 0o400,
      owner: USER_ID,
    }))
    // One is left where a command was killed in between.
    await runCommand(removeContainers(host, [carrierOf(volume)]), run)
    const filled = { name: volume, folder: SECRETS_FOLDER, image, archive: tarOf(files) }
    for (const command of fillVolume(host, place, filled)) await mustRun(command, run)
  }
}
