import { Problem } from '../../../core/problem.ts'
import type { Release } from '../../release.ts'
import { usedNeeds } from '../../used-needs.ts'
import type { Place } from '../labels.ts'
import { mustRun, runAll, runCommand, type RunOptions } from '../run-command.ts'
import { inspectContainers, listContainers, listNetworks, pullImage, type Host } from './commands.ts'
import { lookAtImage } from './images.ts'
import { endNeed, needCommands, needsIn, type NeedThere } from './need-commands.ts'
import { needContainerOf } from './need-container.ts'
import type { NeedPasswords } from './need-server.ts'

/** How often containers may go between a list of them and a look at them. */
const LOOKS_MAX = 3

export interface DockerNeedsOptions {
  readonly host: Host
  readonly place: Place
  readonly run: RunOptions
  /** Tells control where a need of a release runs; it makes the passwords once, and keeps them. */
  readonly hostNeed: (release: string, need: string, address: NeedAddress) => Promise<NeedPasswords>
}

export interface NeedAddress {
  readonly host: string
  readonly port: number
}

/** The needs of one environment as containers of one engine. Whether they are healthy is control's to ask. */
export class DockerNeeds {
  readonly #options: DockerNeedsOptions

  constructor(options: DockerNeedsOptions) {
    this.#options = options
  }

  /**
   * Has a need's container there and started; nothing for one that somebody else runs. Its health is control's to wait for.
   * @throws Problem `image.not-there` `need.data-version` `need.kind-changed` `target.tool-failed`
   */
  async ensure({ id, config: app }: Release, need: string): Promise<void> {
    const { host, place, run, hostNeed } = this.#options
    const config = app.needs[need]!
    const wanted = needContainerOf(place, need, config)
    if (wanted === null) return
    const passwords = await hostNeed(id, need, { host: wanted.alias, port: wanted.port })
    await this.#haveImage(need, wanted.image)
    const networks = (await mustRun(listNetworks(host, place), run)).split('\n')
    const found = (await this.observe()).find((one) => one.need === need) ?? null
    await runAll(needCommands({ host, place, config, wanted, passwords, there: { need: found, networks } }), run)
  }

  observe(): Promise<readonly NeedThere[]> {
    return observeNeeds(this.#options)
  }

  /** Ends the containers of needs that none of these releases uses any more; their data stay. Says which. */
  async tidy(keep: readonly Release[]): Promise<readonly string[]> {
    const used = new Set(keep.flatMap(({ config }) => Object.keys(usedNeeds(config))))
    const left = (await this.observe()).filter(({ need }) => !used.has(need))
    const { host, run } = this.#options
    for (const one of left) await runAll(endNeed(host, one), run)
    return left.map(({ need }) => need)
  }

  async #haveImage(need: string, image: string): Promise<void> {
    const { host, run } = this.#options
    if ((await lookAtImage(host, image, run)) !== null) return
    const { code, lastLines } = await runCommand(pullImage(host, image), run)
    if (code === 0) return
    throw new Problem(
      'image.not-there',
      `${need} runs ${image}, which is not on ${host ?? 'the engine'}, nor to be fetched`,
      {
        hint: `Let the engine reach its registry, or bring an image of that name there with \`docker load\`; or give ${need} a url.`,
        details: lastLines.map((line) => `| ${line}`),
      },
    )
  }
}

/** The needs of an environment that have a container, those that do not run included. */
export async function observeNeeds({
  host,
  place,
  run,
}: Pick<DockerNeedsOptions, 'host' | 'place' | 'run'>): Promise<readonly NeedThere[]> {
  for (let look = 1; ; look++) {
    const ids = (await mustRun(listContainers(host, place), run)).split('\n').filter((id) => id !== '')
    if (ids.length === 0) return []
    const inspect = inspectContainers(host, ids)
    if (look === LOOKS_MAX) return needsIn(await mustRun(inspect, run))
    const { code, stdout } = await runCommand(inspect, run)
    if (code === 0) return needsIn(stdout)
  }
}
