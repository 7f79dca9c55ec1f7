import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { ResolvedApp, ResolvedTls } from '../../config/resolved.ts'
import { writeFileAtomic } from '../../core/atomic-file.ts'
import { canonicalJson } from '../../core/canonical-json.ts'
import type { Clock } from '../../core/clock.ts'
import { messageOf, Problem } from '../../core/problem.ts'
import type { Release } from '../../deploy/release.ts'
import type { RoutingTable } from '../../gateway/table.ts'
import type { CertificateFacts, TlsStatus } from '../api/tls-status.ts'
import type { State } from '../state.ts'
import { Acme } from './acme.ts'
import type { Wanted } from './acme.ts'
import { readFiles } from './files.ts'
import { readPair } from './pair.ts'
import type { Pair } from './pair.ts'
import { makeSelfSigned, selfSignedNames } from './self-signed.ts'
import { Shelf } from './shelf.ts'

/** A certificate is replaced when less than this part of its life is left. */
export const RENEW_AT = 1 / 3
/** Sources of earlier releases whose pairs are remembered: a rollback must not wait for one. */
const HELD_MAX = 8
const DAY_MS = 86_400_000

export interface CertificatesOptions {
  readonly folder: string
  readonly state: Pick<State, 'get' | 'release' | 'addEvent'>
  readonly clock: Pick<Clock, 'now'>
  /** The port HTTPS is served on by the workers there are; null: none. */
  readonly port: () => number | null
  /** False: files that a config names are on another machine, and what is in them is brought. */
  readonly readsFiles: boolean
  readonly inForce: () => RoutingTable | null
  /** Makes the table in force anew. */
  readonly changed: () => Promise<unknown>
}

type FilesSource = Extract<ResolvedTls['source'], { kind: 'files' }>

/** Whose pair it is that somebody brings. */
export interface Brought {
  readonly source: Pick<FilesSource, 'cert' | 'key'>
  readonly domain: string | null
}

interface Held {
  readonly file: string
  readonly facts: CertificateFacts
}

type WithTls = ResolvedApp & { readonly gateway: { readonly tls: ResolvedTls } }

/** The certificates of an environment: where they come from, which one is shown, and that another comes in time. */
export class Certificates {
  readonly #options: CertificatesOptions
  readonly #shelf: Shelf
  readonly #acme: Acme
  readonly #heldFile: string
  /** By source; the newest use last. */
  readonly #held: Map<string, Held>
  readonly #problems = new Map<string, string>()
  #served: number | null = null
  /** What was read last, by source: a pair is judged once. */
  readonly #seen = new Map<string, string>()

  constructor(options: CertificatesOptions) {
    this.#options = options
    this.#shelf = new Shelf(options.folder)
    const { clock, changed } = options
    const onFailed = (problem: string): void => options.state.addEvent(this.#now(), 'certificate-refused', problem)
    this.#acme = new Acme({ folder: join(options.folder, 'tls', 'acme'), clock, spread: changed, onFailed })
    this.#heldFile = join(options.folder, 'tls', 'held.json')
    this.#held = this.#readHeld()
  }

  /** What the routing table of a release says of TLS. Null while there is no certificate, or nobody listens for it. */
  tableOf({ config }: Release): Required<Pick<RoutingTable, 'tls' | 'acme'>> {
    if (!hasTls(config)) return { tls: null, acme: [] }
    const port = this.#options.port()
    const held = this.#held.get(sourceOf(config))
    const acme = config.gateway.tls.source.kind === 'acme' ? this.#acme.challenges : []
    if (held === undefined || port === null) return { tls: null, acme }
    const ticketFile = this.#shelf.ticketFile(this.#options.clock.now())
    return { tls: { file: held.file, ticketFile, port, redirect: config.gateway.tls.redirect }, acme }
  }

  /**
   * Makes ready what a release will show, before it is deployed.
   * @throws Problem `tls.certificate-unreadable`, `tls.certificate-refused`: where there is nothing else to show
   */
  async prepare({ config }: Release): Promise<void> {
    // An authority asks the gateway, which answers for nothing before the release is live.
    if (!hasTls(config) || config.gateway.tls.source.kind === 'acme') return
    try {
      await this.#bring(config)
    } catch (error) {
      if (!this.#held.has(sourceOf(config))) throw error
    }
  }

  /**
   * Takes the pair of a config's files, which are elsewhere. Shown at once where that config is live.
   * @throws Problem `tls.certificate-refused`
   */
  receive({ source: { cert, key }, domain }: Brought, pair: Pair): CertificateFacts {
    const source = keyOf({ kind: 'files', cert, key }, domain)
    const facts = this.#take(source, pair)
    this.#problems.delete(source)
    return facts
  }

  /** Whether another certificate is there, or due, and whether the workers show what they should; to be called again and again. */
  async look(): Promise<void> {
    const release = this.#live()
    if (release === null) return
    if (hasTls(release.config)) await this.#renew(release.config)
    const wanted = this.tableOf(release)
    const { inForce, changed } = this.#options
    const table = inForce()
    // During a switch the table is about another release, and made by whoever switches.
    if (table?.release === release.id && !isSame(wanted, table)) await changed()
    this.#served = wanted.tls?.port ?? null
    const files = [...this.#held.values()].map(({ file }) => file)
    this.#shelf.prune(new Set([...files, wanted.tls?.ticketFile ?? '', table?.tls?.file ?? '']), this.#now())
  }

  /** The port on which HTTPS is known to be served, by workers that have said so; null: on none. */
  servedOn(): number | null {
    return this.#options.port() === null ? null : this.#served
  }

  /** Null: the live release has no TLS. */
  status(): TlsStatus | null {
    const config = this.#live()?.config
    if (config === undefined || !hasTls(config)) return null
    const { source, redirect } = config.gateway.tls
    const key = sourceOf(config)
    const facts = this.#held.get(key)?.facts
    const { domain } = config
    return {
      port: this.#options.port(),
      redirect,
      source: source.kind,
      certificate:
        facts === undefined
          ? null
          : {
              ...facts,
              daysLeft: Math.floor((facts.notAfter - this.#now()) / DAY_MS),
              covers: domain === null || facts.names.some((name) => coversName(name, domain)),
            },
      ...this.#troubleOf(config),
    }
  }

  #troubleOf(config: WithTls): Pick<TlsStatus, 'problem' | 'nextAttemptAt'> {
    const { source } = config.gateway.tls
    if (source.kind !== 'acme') return { problem: this.#problems.get(sourceOf(config)) ?? null, nextAttemptAt: null }
    const { problem, nextAt } = this.#acme.tried(wantedOf(source, config))
    return { problem, nextAttemptAt: problem === null ? null : nextAt }
  }

  async #renew(config: WithTls): Promise<void> {
    const source = sourceOf(config)
    try {
      await this.#bring(config)
      this.#problems.delete(source)
    } catch (error) {
      this.#tell(source, messageOf(error))
    }
  }

  /** Gets the pair of a config's source when it is another one, or due. */
  async #bring(config: WithTls): Promise<void> {
    const { source } = config.gateway.tls
    const key = sourceOf(config)
    switch (source.kind) {
      case 'files':
        if (this.#options.readsFiles) this.#take(key, readFiles(source))
        else if (!this.#held.has(key)) throw notBrought(source)
        return
      case 'self-signed':
        if (!this.#isDue(key)) return
        this.#take(key, await makeSelfSigned(selfSignedNames(config.domain), this.#now()))
        return
      case 'acme':
        if (this.#isDue(key)) this.#acme.begin(wantedOf(source, config), (pair) => this.#take(key, pair))
    }
  }

  #isDue(source: string): boolean {
    const facts = this.#held.get(source)?.facts
    return facts === undefined || isDue(facts, this.#now())
  }

  /** Keeps a pair and shows it from now on, unless it is the one that is shown. */
  #take(source: string, given: Pair): CertificateFacts {
    const hash = createHash('sha256').update(given.key).update(given.chain).digest('hex')
    const shown = this.#held.get(source)
    if (shown !== undefined && this.#seen.get(source) === hash) return shown.facts
    const { pair, facts } = readPair(given, this.#now())
    const file = this.#shelf.put(pair)
    this.#seen.set(source, hash)
    if (shown?.file === file) return facts
    this.#held.delete(source)
    this.#held.set(source, { file, facts })
    for (const oldest of this.#held.keys()) if (this.#held.size > HELD_MAX) this.#held.delete(oldest)
    this.#saveHeld()
    const until = new Date(facts.notAfter).toISOString()
    this.#options.state.addEvent(this.#now(), 'certificate', `${facts.names.join(', ')} until ${until}`)
    return facts
  }

  /** Once for each cause. */
  #tell(source: string, problem: string): void {
    if (this.#problems.get(source) === problem) return
    this.#problems.set(source, problem)
    this.#options.state.addEvent(this.#now(), 'certificate-refused', problem)
  }

  #live(): Release | null {
    const { state } = this.#options
    const live = state.get('live')
    return live === null ? null : state.release(live)
  }

  #now(): number {
    return this.#options.clock.now()
  }

  /** What was shown before this process began is shown on, whatever the files hold by now. */
  #readHeld(): Map<string, Held> {
    const held = new Map<string, Held>()
    try {
      const saved = JSON.parse(readFileSync(this.#heldFile, 'utf8')) as Record<string, Held>
      for (const [source, one] of Object.entries(saved)) if (this.#shelf.get(one.file) !== null) held.set(source, one)
    } catch {
      // None yet, or damaged: then it is made anew.
    }
    return held
  }

  #saveHeld(): void {
    writeFileAtomic(this.#heldFile, JSON.stringify(Object.fromEntries(this.#held), null, 1))
  }
}

function isSame(
  wanted: Required<Pick<RoutingTable, 'tls' | 'acme'>>,
  { tls = null, acme = [] }: RoutingTable,
): boolean {
  return canonicalJson([wanted.tls, wanted.acme]) === canonicalJson([tls, acme])
}

/** Whether it is time for another certificate; up to a thirtieth of its life earlier, so that not all come on one day. */
export function isDue({ notBefore, notAfter, fingerprint }: CertificateFacts, now: number): boolean {
  const jitter = Number.parseInt(fingerprint.slice(0, 2), 16) / 256 / 30
  return notAfter - now <= (notAfter - notBefore) * (RENEW_AT + jitter)
}

function wantedOf(source: Extract<ResolvedTls['source'], { kind: 'acme' }>, { domain }: WithTls): Wanted {
  return { email: source.email, directory: source.directory, domain: domain ?? '' }
}

function hasTls(config: ResolvedApp): config is WithTls {
  // A release from before there was TLS has no word of it.
  return (config.gateway.tls ?? null) !== null
}

/** One pair for each; another domain is another certificate. */
function sourceOf({ gateway, domain }: WithTls): string {
  return keyOf(gateway.tls.source, domain)
}

function keyOf(source: ResolvedTls['source'], domain: string | null): string {
  return JSON.stringify([source, domain])
}

function notBrought({ cert }: FilesSource): Problem {
  return new Problem('tls.certificate-unreadable', `nobody has brought ${cert} here`, {
    hint: 'Deploy from where the files of `gateway.tls.files` are: the command brings them.',
  })
}

/** A wildcard stands for one label (RFC 6125 §6.4.3). */
function coversName(name: string, domain: string): boolean {
  if (isIP(name) !== 0 || !name.startsWith('*.')) return name.toLowerCase() === domain
  return domain.slice(domain.indexOf('.') + 1) === name.slice(2).toLowerCase()
}
