import { Problem } from '../../../core/problem.ts'
import { passwordsOf, scrubOf, type Scrub } from '../../../core/scrub.ts'
import type { ResolvedSmoke } from '../../../config/resolved.ts'
import type { MigrationPhase, MigrationRun } from '../../migration.ts'
import type { Instance, Release } from '../../release.ts'
import type { Diagnosis, Probe, Seen, Target } from '../../target.ts'
import { isMigrated, runHostedMigration, settleHostedMigrations, type MigrationPort } from '../hosted-migration.ts'
import { isByDigest } from '../image/registry.ts'
import type { Place } from '../labels.ts'
import { migrationFiles } from '../migration-files.ts'
import { mustHoldLease, smokeOf, type RosterPort } from '../roster.ts'
import type { RunOptions } from '../run-command.ts'
import type { Bases } from './base.ts'
import type { Host } from './commands.ts'
import { Containers } from './containers.ts'
import { diagnose } from './diagnose.ts'
import { imageOf } from './image-of.ts'
import { mustNotBeRoot } from './image-user.ts'
import { lookAtImage, lookAtImages, makeImage } from './images.ts'
import { DockerMigrations } from './migrations.ts'
import { imageKey } from './names.ts'
import { DockerNeeds, type DockerNeedsOptions } from './needs.ts'
import { Owed } from './owed.ts'
import { haveFromRegistry } from './push.ts'
import {
  comesByDigest,
  fetchableOf,
  haveReference,
  isMadeHere,
  recordedReference,
  referenceOf,
  type ThroughRegistry,
} from './through-registry.ts'
import { isHalfMade, isStray } from './tidy.ts'
import { Readiness } from './readiness.ts'
import { imagesRun, madeOf, preparedIn } from './release-images.ts'
import { removeUnusedImages } from './unused-images.ts'

export interface DockerTargetOptions {
  readonly host: Host
  readonly place: Place
  readonly run: RunOptions
  readonly projectFolder: string
  /** Absolute paths that are no part of a release wherever they lie. */
  readonly keptOut: readonly string[]
  readonly roster: RosterPort
  /** Null: control does not know it any more. */
  readonly release: (id: string) => Promise<Release | null>
  /** The values of a service's secrets; those without a value may be missing. */
  readonly secretsOf: (names: readonly string[]) => Readonly<Record<string, string | undefined>>
  /** What whoever waits should know, a sentence each. @default nobody is told */
  readonly onNote?: (text: string) => void
  /** What generated Dockerfiles begin with. @default BASES */
  readonly bases?: Bases
  /** The variables in which a service of a release finds its needs: they hold passwords. @default it uses none */
  readonly connectionsOf?: (release: string, service: string) => Promise<Readonly<Record<string, string>>>
  /** By which images come to the engine; null: they are made on it. @default null */
  readonly registry?: ThroughRegistry | null
  /** Of needs and migrations; without it a release has neither. */
  readonly hostNeed?: DockerNeedsOptions['hostNeed']
  readonly migrations?: MigrationPort
  /** The app has environments on Kubernetes, whose nodes run images of this engine. @default false */
  readonly isShared?: boolean
}

/**
 * Instances as containers of one engine, which keeps them running. What is there is found by its labels; control hears of it
 * through its roster, and asks, routes and judges from inside. What control owes is done before anything is started.
 */
export class DockerTarget implements Target {
  readonly #options: DockerTargetOptions & { readonly registry: ThroughRegistry | null }
  readonly #containers: Containers
  readonly #readiness: Readiness
  readonly #owed: Owed
  /** Of a release's service, the passwords of its needs: they stay as they are while a command runs. */
  readonly #passwords = new Map<string, Readonly<Record<string, string>>>()

  constructor(options: DockerTargetOptions) {
    const { roster, release, onNote = () => {} } = options
    this.#options = { ...options, registry: options.registry ?? null }
    this.#containers = new Containers(options)
    const scrubOf = (of: Release, service: string) => this.#scrubOf(of, service)
    this.#readiness = new Readiness({ ...options, containers: this.#containers, scrubOf })
    this.#owed = new Owed({
      roster,
      release,
      containers: this.#containers,
      start: (of, service) => this.#ensure(of, service),
      probe: (instance, of) => this.probe(instance, of),
      onNote,
    })
  }

  async prepare(release: Release, service: string): Promise<void> {
    const { registry, roster } = this.#options
    // Its needs may not be there yet, and a build is given nothing of theirs.
    const scrub = scrubOf(this.#secretsOf(release, service))
    const isThrough = registry !== null && comesByDigest(release, service)
    const recorded = isThrough ? await recordedReference(release, service, roster) : null
    if (recorded !== null) await this.#fetch(release, service, recorded)
    else if (isThrough && release.promoted === undefined)
      await this.#fetch(release, service, await haveReference(release, service, registry, scrub))
    else await makeImage(release, service, { ...this.#options, scrub })
  }

  /** Has an image on the engine as its registry has it. @throws Problem `image.not-pulled` `image.root` */
  async #fetch(release: Release, service: string, reference: string): Promise<void> {
    const { host, run, bases } = this.#options
    // What was proven elsewhere is known by its id, which comes with it.
    const name = release.promoted === undefined ? imageOf(release, service, bases) : null
    mustNotBeRoot(service, await haveFromRegistry(host, { reference, name }, run))
  }

  /** Of a release that has been made before, also by another version of Seaworthy, the image of its files will do. */
  async prepared(release: Release): Promise<readonly string[]> {
    const { host, run, bases, registry } = this.#options
    const { there } = await lookAtImages(host, run)
    const isKnown = (await this.#options.release(release.id)) !== null
    return preparedIn(release, { there, isKnown, bases, registry: registry?.name ?? null })
  }

  fetchable(release: Release): Promise<readonly string[]> {
    const { registry, roster } = this.#options
    return registry === null ? Promise.resolve([]) : fetchableOf(release, roster)
  }

  /** @throws Problem `promote.not-running` */
  async made(release: Release): Promise<Readonly<Record<string, string>>> {
    const there = (await this.#containers.observe()).filter(({ instance }) => instance.release === release.id)
    return imagesRun(Object.keys(release.artifacts), there)
  }

  async migrate(release: Release, service: string, onLine: (line: string) => void): Promise<void> {
    const { migrations } = this.#options
    if (migrations === undefined) throw noMigrations(release, service)
    if (await isMigrated(migrations, release, service)) return
    const { rehearsal } = await this.#runMigration(migrations, release, service, 'expand', false)
    if (rehearsal !== null) onLine(`${service}: ${rehearsal.startsWith('no') ? rehearsal : `rehearsed ${rehearsal}`}`)
  }

  /** @throws Problem `migration.too-early` while an older release may return, unless `giveUpRollback` */
  async contract(release: Release, service: string, giveUpRollback: boolean): Promise<MigrationRun> {
    const { migrations } = this.#options
    if (migrations === undefined) throw noMigrations(release, service)
    return this.#runMigration(migrations, release, service, 'contract', giveUpRollback)
  }

  async #runMigration(
    port: MigrationPort,
    release: Release,
    service: string,
    phase: MigrationPhase,
    giveUpRollback: boolean,
  ): Promise<MigrationRun> {
    const { secretsOf } = this.#options
    const steps = this.#steps()
    const run = await runHostedMigration({
      port,
      release,
      service,
      phase,
      giveUpRollback,
      secrets: known(secretsOf(release.config.services[service]!.secrets)),
      filesOf: () => migrationFiles(release, service, phase, this.#options),
      perform: (number, errand) => steps.perform(release, service, number, errand),
    })
    await steps.tidy([])
    return run
  }

  /** Has a need of a release there, as a container; control waits until it is healthy. */
  async provide(release: Release, need: string): Promise<void> {
    const { hostNeed } = this.#options
    if (hostNeed !== undefined) await new DockerNeeds({ ...this.#options, hostNeed }).ensure(release, need)
  }

  async start(release: Release, service: string): Promise<readonly Instance[]> {
    await this.#owed.settle({ isForNext: true })
    return this.#ensure(release, service)
  }

  /** Those that are there, told of before control says what lacks: whoever was killed may have left some untold. */
  async #ensure(release: Release, service: string): Promise<readonly Instance[]> {
    const { roster, secretsOf } = this.#options
    const found = (await this.#containers.observe())
      .map(({ instance }) => instance)
      .filter((one) => one.release === release.id && one.service === service && one.state !== 'stopping')
    if (found.length > 0) await roster.put(found)
    const wanted = await roster.wanted(release.id, service)
    const numbers = wanted.map((id) => Number(id.slice(id.lastIndexOf('-') + 1)))
    const image = await this.#recorded(release, service)
    const values = {
      ...(await this.#connectionsOf(release, service)),
      ...known(secretsOf(release.config.services[service]!.secrets)),
    }
    const started = (await this.#containers.start(release, service, numbers, image, values)).map(
      ({ instance }) => instance,
    )
    await roster.put(started)
    return started
  }

  async stop(id: string, service: string | null): Promise<void> {
    const { roster, release } = this.#options
    const left = await roster.leave(id, service)
    await mustHoldLease(roster)
    // Also those that were started and never told of.
    const there = (await this.#containers.observe())
      .map(({ instance }) => instance)
      .filter((one) => one.release === id && (service === null || one.service === service))
    const of = await release(id)
    if (of !== null) await this.#containers.stop(of, service)
    await roster.forget([...new Set([...left, ...there.map((one) => one.id)])])
  }

  async rest(id: string, service: string): Promise<void> {
    const { roster, release } = this.#options
    await mustHoldLease(roster)
    const there = (await this.#containers.observe()).filter(
      ({ instance }) => instance.release === id && instance.service === service,
    )
    // Control knows it: it is live.
    const { graceMs } = (await release(id))!.config.services[service]!
    await this.#containers.rest(
      there.map((one) => one.id),
      graceMs,
    )
    const owed = (await roster.owed()).filter((one) => one.release === id && one.service === service)
    const ids = [...owed.flatMap((one) => one.ids), ...there.map(({ instance }) => instance.id)]
    await roster.forget([...new Set(ids)])
  }

  settle(): Promise<void> {
    return this.#owed.settle()
  }

  probe(instance: Instance, release: Release): Promise<Probe> {
    return this.#readiness.probe(instance, release)
  }

  async smoke(instance: Instance, release: Release, smoke: ResolvedSmoke): Promise<string | null> {
    const { method, path } = smoke.request
    if (instance.port === null) return `${method} ${path}: the instance listens on nothing`
    const asked = await this.#options.roster.smoke(instance.id, smoke)
    return smokeOf(asked, smoke, await this.#scrubOf(release, instance.service))
  }

  async diagnose({ id, service }: Instance, release: Release, seen: Seen): Promise<Diagnosis> {
    const scrub = await this.#scrubOf(release, service)
    return diagnose({ ...this.#options, containers: this.#containers, instance: id, service, release, seen, scrub })
  }

  async tidy(release: Release | null, keep: readonly Release[]): Promise<void> {
    await this.#settleMigrations(release)
    await this.#owed.settle()
    const known = new Set([...keep, ...(release === null ? [] : [release])].map(({ id }) => id))
    const left = (await this.#containers.observe()).filter((one) => isHalfMade(one) || isStray(one, known))
    await this.#containers.remove(
      left.map(({ id }) => id),
      0,
    )
    await this.#containers.forgetIdleSecrets()
    const { hostNeed } = this.#options
    if (hostNeed !== undefined) await new DockerNeeds({ ...this.#options, hostNeed }).tidy(keep)
    await removeUnusedImages(keep, this.#options)
  }

  async #settleMigrations(release: Release | null): Promise<void> {
    const { migrations } = this.#options
    if (migrations === undefined) return
    const steps = this.#steps()
    const mayMigrate = Object.values(release?.config.services ?? {}).some(
      ({ migrate }) => migrate.expand !== null || migrate.contract !== null,
    )
    if (release !== null && mayMigrate)
      await settleHostedMigrations(migrations, release, (...of) => steps.perform(release, ...of))
    // Also of runs that others have seen through: whoever was killed after that could not.
    await steps.tidy((await migrations.running()).map(({ id }) => id))
  }

  #steps(): DockerMigrations {
    return new DockerMigrations({ ...this.#options, imageOf: (of, name) => this.#imageOf(of, name) })
  }

  /**
   * The image that a release's service was first started from; where somebody has pruned it, what its registry has, or else
   * another of the same files.
   */
  async #recorded(release: Release, service: string): Promise<string> {
    const { host, run, roster, registry } = this.#options
    const here = await this.#named(release, service)
    const recorded = await roster.recordImage(imageKey(release, service), here)
    const isLookedAt = recorded === here && release.promoted === undefined
    if (isLookedAt || (await lookAtImage(host, recorded, run)) !== null) return recorded
    if (registry === null || !isByDigest(recorded)) return here
    await this.#fetch(release, service, recorded)
    return recorded
  }

  /** By digest where it has come through the registry: so anybody may have the very same. */
  async #named(release: Release, service: string): Promise<string> {
    const { host, run, registry } = this.#options
    const name = await this.#imageOf(release, service)
    const image = registry === null || !isMadeHere(release, service) ? null : await lookAtImage(host, name, run)
    return (image && referenceOf(release, service, registry!.name, image)) ?? name
  }

  async #imageOf(release: Release, service: string): Promise<string> {
    const { host, run, bases } = this.#options
    const name = imageOf(release, service, bases)
    // Of what was proven elsewhere nothing else will do.
    if (release.promoted !== undefined || (await lookAtImage(host, name, run)) !== null) return name
    const { there } = await lookAtImages(host, run)
    return madeOf(release, service, there) ?? name
  }

  /** Asked only of a service that uses something: control may be older than the question. */
  async #connectionsOf(release: Release, service: string): Promise<Readonly<Record<string, string>>> {
    const { connectionsOf } = this.#options
    const usesNothing = Object.keys(release.config.services[service]!.uses).length === 0
    return connectionsOf === undefined || usesNothing ? {} : connectionsOf(release.id, service)
  }

  async #scrubOf(release: Release, service: string): Promise<Scrub> {
    const key = `${release.id} ${service}`
    const passwords = this.#passwords.get(key) ?? passwordsOf(await this.#connectionsOf(release, service))
    this.#passwords.set(key, passwords)
    return scrubOf({ ...passwords, ...this.#secretsOf(release, service) })
  }

  #secretsOf(release: Release, service: string): Readonly<Record<string, string>> {
    return known(this.#options.secretsOf(release.config.services[service]!.secrets))
  }
}

/** Of a release to go back to, a secret may have no value any more. */
function known(values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

function noMigrations({ config }: Release, service: string): Problem {
  return new Problem(
    'target.not-yet',
    `${service} has a migration, and environment ${config.environment} has target 'docker', which does not run any yet`,
    { hint: 'Run the migration by hand, and take `migrate` out of the config of this environment.' },
  )
}
