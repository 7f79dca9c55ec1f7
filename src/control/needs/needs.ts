import type { ResolvedNeed } from '../../config/resolved.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../deploy/release.ts'
import { usedNeeds } from '../../deploy/used-needs.ts'
import type { ChildState } from '../../keeper/protocol.ts'
import type { KeeperLink } from '../keeper-link.ts'
import type { State } from '../state.ts'
import type { NeedConnection } from './connection.ts'
import { engineOf, hostedEngineOf } from './choose.ts'
import { makeConnections, type Place } from './connections.ts'
import { needFolder, readCredentials, type Credentials } from './credentials.ts'
import { checkExternal } from './external.ts'
import { inspectNeed, noUrl, notHere } from './inspect.ts'
import type { NeedReport } from './report.ts'
import { HostedServer } from './hosted-server.ts'
import { hostNeed, type Address } from './host-need.ts'
import type { KeptNeed } from './kept-need.ts'
import { NeedServer } from './server.ts'
import { prepareSqlite, sqliteFile } from './sqlite.ts'
import { NeedUrls } from './urls.ts'

/** How long a deploy waits for a server to become healthy: one that recovers from a crash may read much. */
const HEALTHY_WITHIN_MS = 60_000
/** How long control waits at its start, before instances that need a server are tried. */
export const START_WITHIN_MS = 10_000

export interface NeedsOptions {
  readonly folder: string
  readonly path: string
  readonly state: State
  readonly keeper: KeeperLink
  /** Whether servers are run from in here; otherwise an engine keeps them. @default true */
  readonly acts?: boolean
  /** Told when a server can be used again: who waited for it can go on. */
  readonly onThere: () => void
}

/** What the services of an environment use: hands out connections, and has files and servers in place. */
export class Needs {
  readonly #options: NeedsOptions
  readonly #urls: NeedUrls
  readonly #servers = new Map<string, KeptNeed>()
  #isHalted = false

  constructor(options: NeedsOptions) {
    this.#options = options
    this.#urls = new NeedUrls(options.folder)
  }

  /**
   * Has a need in place for a release, a server running and healthy. `url`: the value of an external one's secret; null: the one
   * kept with the release. Answers null, or what an optional need lacks.
   * @throws Problem for a need that some service requires
   */
  async ensure(release: Release, need: string, url: string | null): Promise<string | null> {
    try {
      await this.#ensure(release, need, url)
      return null
    } catch (error) {
      const isRequired = usedNeeds(release.config)[need]!.requiredBy.length > 0
      if (!(error instanceof Problem) || isRequired) throw error
      return `${error.message}. It is optional: the deploy goes on without it. ${error.hint ?? ''}`.trimEnd()
    }
  }

  /** A need that an engine keeps is to be there. @throws Problem as `hostNeed` */
  host(release: Release, need: string, address: Address): Credentials {
    return hostNeed(this.#options.folder, need, release.config.needs[need]!, address)
  }

  /** Whether a need can be had, in words. Starts nothing. @throws Problem */
  async inspect(need: string, config: ResolvedNeed, url: string | null): Promise<string> {
    const { folder, path, acts = true } = this.#options
    if (!acts && this.#isRunHere(config)) return 'a container'
    return inspectNeed(need, config, { stateFolder: folder, path, url })
  }

  connectionsOf(release: Release, service: string): readonly NeedConnection[] {
    const { services, needs } = release.config
    return makeConnections(services[service]!, needs, (need) => this.#placeOf(release, need))
  }

  /** The URL of a server that a release needs; null where it has none yet. */
  urlOf(release: Release, need: string): string | null {
    const place = need in release.config.needs ? this.#placeOf(release, need) : null
    return place !== null && 'url' in place ? place.url : null
  }

  /** @throws Problem `need.not-healthy` while a server that the service requires is not there to be used */
  requireFor(release: Release, service: string): void {
    for (const [need, relation] of Object.entries(release.config.services[service]?.uses ?? {})) {
      const server = this.#servers.get(need)
      if (relation === 'optional' || !this.#isRunHere(release.config.needs[need]!) || server?.isThere()) continue
      throw new Problem('need.not-healthy', `it waits for ${need}, which is ${server?.describe() ?? 'not started'}`, {
        hint: `See \`seaworthy logs --service ${need}\`.`,
      })
    }
  }

  list(): readonly NeedReport[] {
    const others = new Map<string, NeedReport>()
    for (const { release, need, config } of this.#used()) {
      if (others.has(need) || this.#isRunHere(config)) continue
      others.set(need, this.#reportOther(release, need, config))
    }
    const reports = [...[...this.#servers.values()].map((server) => server.report()), ...others.values()]
    return reports.toSorted((one, other) => one.need.localeCompare(other.need))
  }

  /** Names of the servers' outputs. */
  outputs(): readonly string[] {
    return [...this.#servers.values()].map(({ name }) => name)
  }

  /**
   * After our own restart, the keeper's, or the machine's: takes over the servers that run and starts those that should. Waits up
   * to `waitMs` for them to be healthy.
   */
  async reconcile(waitMs: number): Promise<void> {
    const { children } = await this.#options.keeper.list()
    for (const child of children) {
      const need = child.role === 'need' ? child.name.slice('need-'.length) : null
      const kind = need === null ? undefined : this.#kindOf(need)
      if (need !== null && kind !== undefined && child.state === 'running' && !this.#servers.has(need)) {
        this.#make(need, this.#wanted().get(need) ?? { kind, version: null, url: null, role: 'store', bytesMax: null })
      }
    }
    for (const [need, config] of this.#wanted()) if (!this.#servers.has(need)) this.#make(need, config)
    const wanted = this.#wanted()
    await Promise.all(
      [...this.#servers].map(async ([need, server]) => {
        server.sync(children.find(({ name }) => name === server.name))
        if (wanted.has(need)) await (waitMs > 0 ? server.bringUp(waitMs) : server.start())
      }),
    )
  }

  onExited(child: ChildState): void {
    if (child.role === 'need') this.#servers.get(child.name.slice('need-'.length))?.onExited(child)
  }

  /** Asks every server. */
  async look(): Promise<void> {
    if (this.#isHalted) return
    await Promise.all([...this.#servers.values()].map((server) => server.look()))
  }

  /** Stops what no release uses any more, and has the rest as the live release wants it. Data stay. */
  async settle(): Promise<void> {
    if (this.#isHalted) return
    const wanted = this.#wanted()
    for (const [need, server] of this.#servers) {
      const config = wanted.get(need)
      if (config !== undefined) {
        await server.reconfigure(config)
        continue
      }
      await server.stop()
      this.#servers.delete(need)
      this.#note('need-stopped', `no release uses ${need} any more: ${this.#whereDataStay(need)}`)
    }
  }

  /** Ends every server in order; the next `up` brings them back. */
  async halt(): Promise<void> {
    this.#isHalted = true
    await Promise.all([...this.#servers.values()].map((server) => server.stop()))
  }

  async #ensure(release: Release, need: string, url: string | null): Promise<void> {
    const config = release.config.needs[need]!
    if (config.url !== null) {
      if (url !== null) this.#urls.save(release.id, need, url)
      const kept = this.#urls.read(release.id, need)
      if (kept === null) throw noUrl(need, config.url)
      await checkExternal(need, config, kept)
    } else if (config.kind === 'sqlite') this.#prepareFile(need)
    else if (!this.#isRunHere(config)) throw notHere(need, config.kind)
    else await this.#bringUp(need, config)
  }

  #prepareFile(need: string): void {
    const { folder, acts = true } = this.#options
    if (acts) return prepareSqlite(sqliteFile(folder, need))
    throw new Problem('need.not-here', `${need} is a file, and containers do not share one`, {
      hint: `Use postgres() for ${need}, or keep the file in a folder of one service: \`writable\`.`,
    })
  }

  async #bringUp(need: string, config: ResolvedNeed): Promise<void> {
    const server = this.#servers.get(need) ?? this.#make(need, config)
    await server.check(config)
    const problem = await server.bringUp(HEALTHY_WITHIN_MS)
    if (problem !== null) throw problem
    await server.reconfigure(config)
  }

  #make(need: string, config: ResolvedNeed): KeptNeed {
    const { folder, path, keeper, onThere, acts = true } = this.#options
    const note = (kind: string, text: string): void => this.#note(kind, text)
    const server = acts
      ? new NeedServer(config, {
          need,
          stateFolder: folder,
          path,
          keeper,
          takenPorts: () => new Set([...this.#servers.values()].flatMap((one) => one.report().port ?? [])),
          note,
          onThere,
        })
      : new HostedServer(config, { need, stateFolder: folder, note, onThere })
    this.#servers.set(need, server)
    return server
  }

  #whereDataStay(need: string): string {
    const { folder, acts = true } = this.#options
    return acts
      ? `stopped; its data stay in ${needFolder(folder, need)}`
      : 'its container is ended once no kept release uses it; its data stay in their volume'
  }

  /** Undefined as well where it cannot be read: then what is wanted of it decides. */
  #kindOf(need: string): Credentials['kind'] | undefined {
    try {
      return readCredentials(this.#options.folder, need)?.kind
    } catch (error) {
      if (error instanceof Problem) return undefined
      throw error
    }
  }

  #placeOf(release: Release, need: string): Place | null {
    const { folder } = this.#options
    const config = release.config.needs[need]!
    if (config.url !== null) {
      const url = this.#urls.read(release.id, need)
      return url === null ? null : { url }
    }
    if (config.kind === 'sqlite') return { file: sqliteFile(folder, need) }
    const credentials = readCredentials(folder, need)
    const engine = hostedEngineOf(config.kind)
    return credentials === null || engine === null ? null : { url: engine.urlOf(need, credentials) }
  }

  #reportOther(release: Release, need: string, { kind, url }: ResolvedNeed): NeedReport {
    const place = url === null && kind === 'sqlite' ? 'file' : 'external'
    const isGiven = this.#placeOf(release, need) !== null
    const none = { version: null, port: null, pid: null, since: null, restarts: 0 }
    return { need, kind, place, state: null, cause: isGiven ? null : 'it has no URL', ...none }
  }

  /** The servers that releases in use want, as the newest of them that has been live says. */
  #wanted(): ReadonlyMap<string, ResolvedNeed> {
    const wanted = new Map<string, ResolvedNeed>()
    for (const { need, config } of this.#used())
      if (!wanted.has(need) && this.#isRunHere(config)) wanted.set(need, config)
    return wanted
  }

  /** The live release's first, then the warm one's, then those of a deploy and of whatever else runs. */
  #used(): readonly { readonly release: Release; readonly need: string; readonly config: ResolvedNeed }[] {
    const { state } = this.#options
    const { live, warm } = state.world()
    const running = state.runningDeploy()?.plan.release.id ?? null
    const ids = [live, warm, running, ...state.instances().map(({ release }) => release)]
    return [...new Set(ids)]
      .flatMap((id) => (id === null ? [] : (state.release(id) ?? [])))
      .flatMap((release) =>
        Object.keys(usedNeeds(release.config)).map((need) => ({ release, need, config: release.config.needs[need]! })),
      )
  }

  #isRunHere({ kind, url }: ResolvedNeed): boolean {
    const { acts = true } = this.#options
    return url === null && (acts ? engineOf(kind) : hostedEngineOf(kind)) !== null
  }

  #note(kind: string, text: string): void {
    this.#options.state.addEvent(Date.now(), kind, text)
  }
}
