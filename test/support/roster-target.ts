import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ResolvedSmoke } from '../../src/config/resolved.ts'
import { scrubOf } from '../../src/core/scrub.ts'
import { filesMoved } from '../../src/deploy/moved.ts'
import type { Instance, Release } from '../../src/deploy/release.ts'
import { readSource } from '../../src/deploy/source.ts'
import { makeArtifact, removeTree } from '../../src/deploy/targets/process/artifact.ts'
import { probeOf, smokeOf, type RosterPort } from '../../src/deploy/targets/roster.ts'
import type { Diagnosis, Probe, Target } from '../../src/deploy/target.ts'
import { NodeEngine } from './node-engine.ts'

const asItIs = scrubOf({})

/**
 * A target whose instances control does not keep: all that the engine and the CLI of Docker and Kubernetes do to them is done
 * to `node` children here, and control hears of it through its roster.
 */
export class RosterTarget implements Target {
  readonly #options: RosterTargetOptions
  readonly #engine: NodeEngine

  constructor(options: RosterTargetOptions) {
    this.#options = options
    this.#engine = new NodeEngine(options.engineFolder)
  }

  async prepare(release: Release, name: string): Promise<void> {
    const { projectFolder, keptOut, engineFolder, roster } = this.#options
    const service = release.config.services[name]!
    const source = await readSource(projectFolder, service, keptOut)
    if (source.hash !== release.artifacts[name]) throw filesMoved(release, name, source)
    await makeArtifact({
      source,
      service,
      name,
      releasesFolder: this.#engine.images,
      dataFolder: join(engineFolder, 'data'),
      build: async () => {},
      beforeSeal: async () => {},
    })
    await roster.recordImage(source.hash, `image-of-${source.hash}`)
  }

  async prepared(): Promise<readonly string[]> {
    return readdirSync(this.#engine.images).filter((name) => !name.startsWith('.'))
  }

  async migrate(): Promise<void> {}

  async start(release: Release, service: string): Promise<readonly Instance[]> {
    const { roster } = this.#options
    await this.#doOwed()
    const isOurs = (one: Instance): boolean => one.release === release.id && one.service === service
    await roster.put(this.#engine.list().filter((one) => isOurs(one) && one.state === 'running'))
    const wanted = await roster.wanted(release.id, service)
    const running = new Set(
      this.#engine
        .list()
        .filter(({ state }) => state === 'running')
        .map(({ id }) => id),
    )
    for (const id of wanted) if (!running.has(id)) await this.#engine.run(id, release, service)
    const started = this.#engine.list().filter(({ id }) => wanted.includes(id))
    await roster.put(started)
    return started
  }

  async stop(release: string, service: string | null): Promise<void> {
    const { roster } = this.#options
    const left = await roster.leave(release, service)
    // Also those that were started and never told of.
    const there = this.#engine
      .list()
      .filter((one) => one.release === release && (service === null || one.service === service))
    await this.#end([...new Set([...left, ...there.map(({ id }) => id)])])
  }

  async probe(instance: Instance, release: Release): Promise<Probe> {
    const now = this.#engine.list().find(({ id }) => id === instance.id)
    if (now?.state !== 'running') return { kind: 'gone', because: 'it has ended', restarts: null }
    const asked = await this.#options.roster.probe(instance.id)
    return probeOf(asked, release.config.services[instance.service]!.health, asItIs)
  }

  async smoke(instance: Instance, _: Release, smoke: ResolvedSmoke): Promise<string | null> {
    return smokeOf(await this.#options.roster.smoke(instance.id, smoke), smoke, asItIs)
  }

  async diagnose({ id }: Instance): Promise<Diagnosis> {
    return { cause: null, facts: [], lastLines: this.#engine.lastLines(id) }
  }

  async tidy(_: Release | null, keep: readonly Release[]): Promise<void> {
    await this.#doOwed()
    const used = new Set(keep.flatMap(({ artifacts }) => Object.values(artifacts)))
    for (const name of await this.prepared()) if (!used.has(name)) await removeTree(join(this.#engine.images, name))
  }

  /** What control would have done itself, could it. */
  async #doOwed(): Promise<void> {
    const { roster, release } = this.#options
    for (const owed of await roster.owed()) {
      if (owed.what === 'stop') await this.#end(owed.ids)
      if (owed.what === 'restart') await this.#restart(owed.ids, await release(owed.release), owed.service)
    }
  }

  async #restart(ids: readonly string[], release: Release, service: string): Promise<void> {
    const { roster } = this.#options
    for (const id of ids) await this.#engine.run(id, release, service)
    const started = this.#engine.list().filter(({ id }) => ids.includes(id))
    await roster.put(started)
    for (const instance of started) {
      const isUp = async (): Promise<boolean> => (await this.probe(instance, release)).kind === 'pass'
      while (!(await isUp())) await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await roster.admit(ids)
  }

  async #end(ids: readonly string[]): Promise<void> {
    await this.#engine.remove(ids, this.#options.graceMs)
    await this.#options.roster.forget(ids)
  }
}

export interface RosterTargetOptions {
  readonly projectFolder: string
  readonly keptOut: readonly string[]
  readonly engineFolder: string
  readonly graceMs: number
  readonly roster: RosterPort
  readonly release: (id: string) => Promise<Release>
}
