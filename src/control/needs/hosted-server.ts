import type { ResolvedNeed } from '../../config/resolved.ts'
import { messageOf, Problem } from '../../core/problem.ts'
import { IMAGE_VERSIONS } from '../../deploy/need-settings.ts'
import { hostedEngineOf } from './choose.ts'
import { readCredentials, writeCredentials, type Credentials } from './credentials.ts'
import { dataFolder } from './data-folder.ts'
import type { HostedEngine, ServerPlace } from './engine.ts'
import type { KeptNeed } from './kept-need.ts'
import type { NeedReport, NeedState } from './report.ts'
import { fits } from './versions.ts'

/** How often a healthy server is asked. */
const LOOK_EVERY_MS = 2_000
/** So many unanswered questions in a row make a server unhealthy. */
const FAILURES_MAX = 3
const LOOK_MS = 100

export interface HostedServerOptions {
  readonly need: string
  readonly stateFolder: string
  readonly note: (kind: string, text: string) => void
  /** Told when it can be used again: who waited for it can go on. */
  readonly onThere: () => void
}

/**
 * A server that an engine keeps: a container on the environment's own network. Its start, its restarts and its end are the
 * engine's; accounts, URL and health are looked after here, as of one that runs beside us.
 */
export class HostedServer implements KeptNeed {
  readonly #options: HostedServerOptions
  readonly #engine: HostedEngine
  #config: ResolvedNeed
  #state: NeedState = 'stopped'
  #cause: string | null = null
  #since = Date.now()
  /** As the server tells it: null before the first answer, and of one that never tells. */
  #version: string | null = null
  #failures = 0
  #askedAt = 0
  #isProvisioned = false
  #isWanted = false
  #looking: Promise<void> | null = null

  constructor(config: ResolvedNeed, options: HostedServerOptions) {
    this.#options = options
    this.#config = config
    this.#engine = hostedEngineOf(config.kind)!
  }

  get name(): string {
    return `need-${this.#options.need}`
  }

  describe(): string {
    return this.#cause === null ? this.#state : `${this.#state}: ${this.#cause}`
  }

  report(): NeedReport {
    const own = this.#ownCredentials()
    const isSpoilt = own instanceof Problem
    return {
      need: this.#options.need,
      kind: this.#config.kind,
      place: 'here',
      state: isSpoilt ? 'failed' : this.#state,
      version: this.isThere() ? (this.#version ?? this.#imageVersion()) : this.#version,
      port: isSpoilt ? null : (own?.port ?? null),
      pid: null,
      since: this.#since,
      restarts: 0,
      cause: isSpoilt ? own.message : this.#cause,
    }
  }

  isThere(): boolean {
    return this.#state === 'healthy' || this.#state === 'unhealthy'
  }

  /** The engine has started it, or will: from now on it is asked. */
  async start(): Promise<void> {
    this.#isWanted = true
    if (this.#state === 'stopped') this.#to('starting', null)
  }

  async bringUp(withinMs: number): Promise<Problem | null> {
    const { need } = this.#options
    await this.start()
    const deadline = performance.now() + withinMs
    for (;;) {
      await this.#look(true)
      if (this.#state === 'healthy' && this.#failures === 0) return this.#otherVersion(this.#config)
      if (performance.now() > deadline) {
        return new Problem('need.not-healthy', `${need} is ${this.#state}: ${this.#cause ?? 'it does not answer'}`, {
          hint: `Its container is called as the need is: see \`docker ps\` and \`docker logs\`, and \`seaworthy status\`.`,
        })
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }

  async check(config: ResolvedNeed): Promise<void> {
    const problem = this.#otherVersion(config)
    if (problem !== null) throw problem
  }

  async reconfigure(config: ResolvedNeed): Promise<void> {
    const before = this.#config
    this.#config = config
    const isSame = before.role === config.role && before.bytesMax === config.bytesMax
    const place = this.#place()
    if (!isSame && place !== null && this.isThere()) await this.#engine.adjust(place)
  }

  look(): Promise<void> {
    return this.#look(false)
  }

  /** Whoever has the engine ends it; it is not asked any more. */
  async stop(): Promise<void> {
    this.#isWanted = false
    await this.#looking
    this.#isProvisioned = false
    this.#to('stopped', null)
  }

  /** None of the keeper's children is ours. */
  sync(): void {}
  onExited(): void {}

  #look(now: boolean): Promise<void> {
    const isWell = this.#state === 'healthy' && this.#failures === 0
    if (!this.#isWanted || (!now && isWell && performance.now() - this.#askedAt < LOOK_EVERY_MS))
      return Promise.resolve()
    this.#looking ??= this.#ask().finally(() => (this.#looking = null))
    return this.#looking
  }

  async #ask(): Promise<void> {
    this.#askedAt = performance.now()
    try {
      const place = this.#place()
      if (place === null) throw new Error('nobody has said yet where it runs')
      if (!this.#isProvisioned) await this.#engine.provision(place)
      this.#isProvisioned = true
      this.#version = await this.#engine.probe(this.#engine.urlOf(place.need, place.credentials))
      this.#keepVersion(place.credentials, this.#version ?? this.#imageVersion())
    } catch (error) {
      return this.#sawFailure(messageOf(error) || 'it does not answer')
    }
    if (!this.#isWanted) return
    this.#failures = 0
    if (this.#state === 'healthy') return
    const kind = this.#state === 'starting' ? 'need-healthy' : 'need-recovered'
    this.#to('healthy', null)
    const version = this.#version === null ? `, image ${this.#imageVersion()}` : ` ${this.#version}`
    this.#options.note(kind, `${this.#options.need} (${this.#engine.title}${version}) is healthy`)
  }

  #sawFailure(cause: string): void {
    if (!this.#isWanted) return
    this.#failures += 1
    // It may come back as another one, with nothing in it.
    this.#isProvisioned = false
    if (this.#state !== 'healthy') this.#cause = cause
    if (this.#state !== 'healthy' || this.#failures < FAILURES_MAX) return
    this.#to('unhealthy', cause)
    this.#options.note('need-unhealthy', `${this.#options.need}: ${cause}`)
  }

  #otherVersion(config: ResolvedNeed): Problem | null {
    if (this.#version === null || fits(config.version, this.#version)) return null
    const { need } = this.#options
    const { title } = this.#engine
    return new Problem(
      'need.version',
      `${need} wants ${title} ${config.version}, and its container has ${this.#version}`,
      {
        hint: `Write version: '${this.#version}' for ${need}, or give it a url.`,
      },
    )
  }

  /** Of the image that it is started from: what is known of a server that tells no version. */
  #imageVersion(): string {
    return this.#config.version ?? IMAGE_VERSIONS[this.#engine.kind]
  }

  #keepVersion(credentials: Credentials, version: string): void {
    const { need, stateFolder } = this.#options
    if (credentials.ranVersion !== version) writeCredentials(stateFolder, need, { ...credentials, ranVersion: version })
  }

  #place(): ServerPlace | null {
    const { need, stateFolder } = this.#options
    const credentials = readCredentials(stateFolder, need)
    if (credentials?.host === undefined) return null
    return { need, config: this.#config, credentials, data: dataFolder(stateFolder, need), account: null }
  }

  #ownCredentials(): Credentials | Problem | null {
    try {
      return readCredentials(this.#options.stateFolder, this.#options.need)
    } catch (error) {
      if (error instanceof Problem) return error
      throw error
    }
  }

  #to(state: NeedState, cause: string | null): void {
    const wasThere = this.isThere()
    if (this.#state !== state) this.#since = Date.now()
    this.#state = state
    this.#cause = cause
    if (this.isThere() && !wasThere) this.#options.onThere()
  }
}
