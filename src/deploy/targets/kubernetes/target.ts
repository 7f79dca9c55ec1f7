import type { ResolvedSmoke } from '../../../config/resolved.ts'
import { Problem } from '../../../core/problem.ts'
import { passwordsOf, scrubOf, type Scrub } from '../../../core/scrub.ts'
import type { MigrationPhase, MigrationRun } from '../../migration.ts'
import type { Instance, Release } from '../../release.ts'
import type { Diagnosis, Probe, Target } from '../../target.ts'
import { verdict } from '../../verdict.ts'
import { imageOf } from '../docker/image-of.ts'
import { mustBeNumber } from '../docker/image-user.ts'
import { mustHaveEntry } from '../docker/own-entry.ts'
import { lookAtImage, lookAtImages, makeImage, mustHaveImage, type BuildOptions } from '../docker/images.ts'
import { imageKey } from '../docker/names.ts'
import { haveFromRegistry } from '../docker/push.ts'
import { imagesRun, preparedIn } from '../docker/release-images.ts'
import {
  comesByDigest,
  fetchableOf,
  haveReference,
  isMadeHere,
  knownReference,
  recordedReference,
  referenceRun,
  type ThroughRegistry,
} from '../docker/through-registry.ts'
import { isMigrated, runHostedMigration, settleHostedMigrations, type MigrationPort } from '../hosted-migration.ts'
import { LABEL, type Place } from '../labels.ts'
import { migrationFiles } from '../migration-files.ts'
import { mustHoldLease, probeOf, smokeOf, type RosterPort } from '../roster.ts'
import { mustRun, type RunOptions } from '../run-command.ts'
import { causeOfPod } from './causes.ts'
import { applyObjects, type Access } from './commands.ts'
import { gatewayTableOf, readTable } from './gateway-table.ts'
import type { MadeImage } from './migration-step.ts'
import { KubernetesMigrations } from './migrations.ts'
import { mustRunHere } from './not-here.ts'
import type { ObservedPod } from './observe.ts'
import { Owed } from './owed.ts'
import { listGatewayPods } from './own-commands.ts'
import { gatewayPodsIn } from './own-gateway.ts'
import { havePullSecret } from './pull-secret.ts'
import { probeOfPods, rosterOf, wordOf, worstOf } from './pods-probe.ts'
import { Workloads } from './workloads.ts'

const LINES = 30
/** How long pods of what is checked by nobody have to stay up; a cluster counts whole seconds. */
const ALIVE_MS = 2_000

export interface KubernetesTargetOptions {
  readonly access: Access
  readonly place: Place
  /** The engine on which images are made: the one that the cluster's nodes run them on. */
  readonly images: BuildOptions
  /** Has Seaworthy's own image there, which static services begin with. */
  readonly haveOwn: () => Promise<void>
  /** By which images come to the nodes; null: they run them on the engine that makes them. @default null */
  readonly registry?: ThroughRegistry | null
  readonly run: RunOptions
  readonly roster: RosterPort
  readonly gateways: GatewaysPort
  /** As control knows it; null: it has been forgotten. */
  readonly release: (id: string) => Promise<Release | null>
  /** The values of a service's secrets. */
  readonly secretsOf: (names: readonly string[]) => Readonly<Record<string, string | undefined>>
  /** The variables in which a service of a release finds its needs: they hold passwords. */
  readonly connectionsOf: (release: string, service: string) => Promise<Readonly<Record<string, string>>>
  readonly migrations: MigrationPort
  /** What whoever waits should know, a sentence each. @default nobody is told */
  readonly onNote?: (text: string) => void
}

export interface GatewaysPort {
  /**
   * Control knows the gateways that have come to it; which of them there still are, the cluster knows. Answers those that are
   * waited for no longer.
   */
  seen(names: readonly string[]): Promise<readonly string[]>
}

/**
 * Instances as pods, which the cluster keeps: a Deployment for each service and release. Control knows them by the address of
 * the release's Service, and judges from inside what kubelets have found ready.
 */
export class KubernetesTarget implements Target {
  readonly #options: KubernetesTargetOptions & { readonly registry: ThroughRegistry | null }
  readonly #workloads: Workloads
  readonly #steps: KubernetesMigrations
  readonly #owed: Owed
  /** Of which services control knows, from this command, that all pods are ready. */
  readonly #told = new Set<string>()
  /** Of a release's service, the addresses of its needs: they stay as they are while a command runs. */
  readonly #connections = new Map<string, Promise<Readonly<Record<string, string>>>>()

  #pullSecret: Promise<void> | null = null

  constructor(options: KubernetesTargetOptions) {
    const { roster, release, run } = options
    this.#options = { ...options, registry: options.registry ?? null }
    this.#workloads = new Workloads(options)
    this.#steps = new KubernetesMigrations({ ...options, imageOf: (of, service) => this.#imageOf(of, service) })
    this.#owed = new Owed({
      roster,
      release,
      workloads: this.#workloads,
      start: (of, service) => this.#start(of, service),
      probe: (instance, of) => this.probe(instance, of),
      signal: run.signal,
      onNote: options.onNote ?? (() => {}),
    })
  }

  async prepare(release: Release, service: string): Promise<void> {
    mustRunHere(release.config)
    await this.#imageOf(release, service)
  }

  async prepared(release: Release): Promise<readonly string[]> {
    const { images, registry } = this.#options
    const { there } = await lookAtImages(images.host, images.run)
    return preparedIn(release, { there, isKnown: false, bases: images.bases, registry: registry?.name ?? null })
  }

  fetchable(release: Release): Promise<readonly string[]> {
    const { registry, roster } = this.#options
    return registry === null ? Promise.resolve([]) : fetchableOf(release, roster)
  }

  async migrate(release: Release, service: string, onLine: (line: string) => void): Promise<void> {
    mustRunHere(release.config)
    if (await isMigrated(this.#options.migrations, release, service)) return
    const { rehearsal } = await this.#runMigration(release, service, 'expand', false)
    if (rehearsal !== null) onLine(`${service}: ${rehearsal.startsWith('no') ? rehearsal : `rehearsed ${rehearsal}`}`)
  }

  /** @throws Problem `migration.too-early` while an older release may return, unless `giveUpRollback` */
  async contract(release: Release, service: string, giveUpRollback: boolean): Promise<MigrationRun> {
    mustRunHere(release.config)
    return this.#runMigration(release, service, 'contract', giveUpRollback)
  }

  /**
   * What was made of the service's files: by the reference that the environment's registry has it by, from where it is fetched to
   * be looked at, or else by its id. What the config names by the name and digest that any node finds it by.
   * @throws Problem `promote.not-running` `promote.files-gone` `promote.files-differ` `image.not-pulled`
   */
  async made(release: Release): Promise<Readonly<Record<string, string>>> {
    const { images, registry } = this.#options
    const running = imagesRun(Object.keys(release.artifacts), await this.#workloads.images(release.id))
    const made: Record<string, string> = {}
    for (const [service, image] of Object.entries(running)) {
      const isOurs = isMadeHere(release, service)
      const reference = referenceRun(release, service, registry, image)
      const there =
        reference === null
          ? await lookAtImage(images.host, image, images.run)
          : await haveFromRegistry(images.host, { reference, name: null }, images.run)
      if (there === null) throw onOtherEngine(service, image)
      if (isOurs && there.labels[LABEL.artifact] !== release.artifacts[service]) throw otherFiles(service, image)
      made[service] = reference ?? (isOurs ? there.id : image)
    }
    return made
  }

  async start(release: Release, service: string): Promise<readonly Instance[]> {
    mustRunHere(release.config)
    await this.#owed.settle({ isForNext: true })
    return this.#start(release, service)
  }

  async stop(release: string, service: string | null): Promise<void> {
    const { roster } = this.#options
    const left = await roster.leave(release, service)
    await mustHoldLease(roster)
    const of = await this.#options.release(release)
    await this.#workloads.remove(release, service === null ? await this.#servicesOf(release, of) : [service], of)
    await roster.forget(left)
  }

  async rest(id: string, service: string): Promise<void> {
    const { roster, release } = this.#options
    await mustHoldLease(roster)
    // Control knows it: it is live.
    await this.#workloads.rest((await release(id))!, service)
    const owed = (await roster.owed()).filter((one) => one.release === id && one.service === service)
    await roster.forget(owed.flatMap(({ ids }) => ids))
  }

  settle(): Promise<void> {
    return this.#owed.settle()
  }

  async probe(instance: Instance, release: Release): Promise<Probe> {
    const { roster } = this.#options
    const startedAt = performance.now()
    const { service } = instance
    const look = await this.#workloads.look(release.id, service)
    const tookMs = (): number => performance.now() - startedAt
    const seen = probeOfPods(look, tookMs())
    if (seen !== null) return seen
    await this.#tellReady(instance, release, look.pods)
    const { health } = release.config.services[service]!
    if (instance.port === null || health.ready.kind === 'command' || health.ready.kind === 'alive') {
      const upMs = Date.now() - Math.max(...look.pods.map((pod) => pod.instance.startedAt))
      return verdict(upMs >= ALIVE_MS ? null : `up for ${upMs} ms only`, null, tookMs())
    }
    return probeOf(await roster.probe(instance.id), health, await this.#scrubOf(service, release))
  }

  async smoke({ id, service }: Instance, release: Release, smoke: ResolvedSmoke): Promise<string | null> {
    return smokeOf(await this.#options.roster.smoke(id, smoke), smoke, await this.#scrubOf(service, release))
  }

  async diagnose({ service }: Instance, release: Release): Promise<Diagnosis> {
    const { pods, instances, refusal } = await this.#workloads.look(release.id, service)
    const ready = pods.filter(({ isReady }) => isReady).length
    const observed = worstOf(pods) ?? pods[0] ?? null
    const count = `pods: ${ready} of ${instances ?? 0} are ready`
    if (observed === null) return { cause: refusal?.cause ?? null, facts: [count], lastLines: [] }
    const [events, said] = await Promise.all([
      this.#workloads.events(observed),
      this.#workloads.lastLines(observed, LINES),
    ])
    const lastLines = said.map(await this.#scrubOf(service, release))
    const declared = release.config.services[service]!
    const cause = observed.isReady ? null : causeOfPod({ observed, service: declared, events, lastLines })
    return { cause, facts: [count, `pod: ${wordOf(observed)}`], lastLines }
  }

  async tellGateways(): Promise<boolean> {
    const { access, place, run, gateways } = this.#options
    const there = gatewayPodsIn(await mustRun(listGatewayPods(access, place), run)).map(({ name }) => name)
    return (await gateways.seen(there)).length > 0
  }

  async keepTable(): Promise<void> {
    const { access, place, run } = this.#options
    const table = gatewayTableOf(place, await mustRun(readTable(access, place), run))
    if (table !== null) await mustRun(applyObjects(access, [table]), run)
  }

  async tidy(release: Release | null, keep: readonly Release[]): Promise<void> {
    await this.#settleMigrations(release)
    await this.#owed.settle()
    const kept = new Set(keep.map(({ id }) => id))
    const strays = (await this.#workloads.deployed()).filter(({ release }) => !kept.has(release))
    for (const id of new Set(strays.map(({ release }) => release))) await this.stop(id, null)
  }

  async #runMigration(
    release: Release,
    service: string,
    phase: MigrationPhase,
    giveUpRollback: boolean,
  ): Promise<MigrationRun> {
    const { migrations: port, images } = this.#options
    await this.#havePullSecret()
    const run = await runHostedMigration({
      port,
      release,
      service,
      phase,
      giveUpRollback,
      secrets: this.#secretsOf(release, service),
      filesOf: () => migrationFiles(release, service, phase, images),
      perform: (number, errand) => this.#steps.perform(release, service, number, errand),
    })
    await this.#steps.tidy([])
    return run
  }

  async #settleMigrations(release: Release | null): Promise<void> {
    const { migrations } = this.#options
    const mayMigrate = Object.values(release?.config.services ?? {}).some(
      ({ migrate }) => migrate.expand !== null || migrate.contract !== null,
    )
    if (release !== null && mayMigrate)
      await settleHostedMigrations(migrations, release, (...of) => this.#steps.perform(release, ...of))
    // Also of runs that others have seen through: whoever was killed after that could not.
    await this.#steps.tidy((await migrations.running()).map(({ id }) => id))
  }

  async #start(release: Release, service: string): Promise<readonly Instance[]> {
    const { roster } = this.#options
    this.#told.delete(`${service}@${release.id}`)
    const ids = await roster.wanted(release.id, service)
    // There since `prepare`, unless the same files are to be started in another way.
    const made = await this.#imageOf(release, service)
    await this.#havePullSecret()
    const values = async (): Promise<Readonly<Record<string, string>>> => ({
      ...(await this.#connectionsOf(release, service)),
      ...this.#secretsOf(release, service),
    })
    await this.#workloads.start(release, service, { ...made, asked: ids.length, values })
    const { pods } = await this.#workloads.look(release.id, service)
    const address = await this.#workloads.address(release, service)
    const instances = rosterOf(release, service, { ids, pods, address, now: Date.now() })
    await roster.put(instances)
    return instances
  }

  /** @throws Problem `image.root` `image.user-name` `target.not-yet`, and what making it throws */
  async #imageOf(release: Release, service: string): Promise<MadeImage> {
    const { images, registry } = this.#options
    const isThrough = registry !== null && comesByDigest(release, service)
    const image = isThrough ? await this.#through(registry, release, service) : await this.#make(release, service)
    const look = await mustHaveImage(images.host, image, images.run)
    mustBeNumber(service, look)
    mustHaveEntry(service, release.config.services[service]!, look)
    const isOwn = look.labels[LABEL.entry] === 'own'
    return { image, isOwn, pulls: registry !== null }
  }

  async #make(release: Release, service: string): Promise<string> {
    const { images, haveOwn } = this.#options
    const { run } = release.config.services[service]!
    if (
      run.kind === 'static' &&
      release.promoted === undefined &&
      (await lookAtImage(images.host, imageOf(release, service, images.bases), images.run)) === null
    )
      await haveOwn()
    // Its needs may not be there yet, and a build is given nothing of theirs.
    return makeImage(release, service, { ...images, scrub: scrubOf(this.#secretsOf(release, service)) })
  }

  /**
   * By digest, as it was written down when the release was first started, or as a plan has shown it. It is fetched here as well,
   * where it is not: how it is to be started is told by its labels.
   */
  async #through(registry: ThroughRegistry, release: Release, service: string): Promise<string> {
    const { images, roster } = this.#options
    const scrub = scrubOf(this.#secretsOf(release, service))
    const reference =
      (await recordedReference(release, service, roster)) ??
      (await knownReference(release, service, registry)) ??
      (await haveReference(release, service, registry, scrub))
    const name = release.promoted === undefined ? imageOf(release, service, images.bases) : null
    await haveFromRegistry(images.host, { reference, name }, images.run)
    return roster.recordImage(imageKey(release, service), reference)
  }

  /** Once in a command: what it holds may have run out since the last one. */
  #havePullSecret(): Promise<void> {
    const { registry } = this.#options
    return (this.#pullSecret ??= registry === null ? Promise.resolve() : havePullSecret(this.#options, registry.name))
  }

  /** Control counts on what runs: when they were started its pods did not yet. */
  async #tellReady({ service, host }: Instance, release: Release, pods: readonly ObservedPod[]): Promise<void> {
    const { roster } = this.#options
    const key = `${service}@${release.id}`
    if (this.#told.has(key)) return
    this.#told.add(key)
    const ids = await roster.wanted(release.id, service)
    await roster.put(rosterOf(release, service, { ids, pods, address: host, now: Date.now() }))
  }

  /** Of what control has forgotten the cluster still knows what its Deployments are for. */
  async #servicesOf(id: string, release: Release | null): Promise<readonly string[]> {
    const deployed = (await this.#workloads.deployed()).filter((one) => one.release === id)
    return [...new Set([...Object.keys(release?.config.services ?? {}), ...deployed.map(({ service }) => service)])]
  }

  async #scrubOf(service: string, release: Release): Promise<Scrub> {
    const passwords = passwordsOf(await this.#connectionsOf(release, service))
    return scrubOf({ ...passwords, ...this.#secretsOf(release, service) })
  }

  #connectionsOf(release: Release, service: string): Promise<Readonly<Record<string, string>>> {
    if (Object.keys(release.config.services[service]!.uses).length === 0) return Promise.resolve({})
    const key = `${service}@${release.id}`
    const found = this.#connections.get(key) ?? this.#options.connectionsOf(release.id, service)
    this.#connections.set(key, found)
    return found
  }

  /** Of a release to go back to, a secret may have no value any more. */
  #secretsOf({ config }: Release, service: string): Readonly<Record<string, string>> {
    const values = Object.entries(this.#options.secretsOf(config.services[service]!.secrets))
    return Object.fromEntries(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
  }
}

/** Nobody can take away what pods run: it was never there. */
function onOtherEngine(service: string, image: string): Problem {
  return new Problem(
    'promote.files-gone',
    `${service} runs from ${image} there, which is not on the engine that \`docker\` speaks to`,
    { hint: "Let `docker` speak to the engine of the cluster's nodes: DOCKER_HOST, or `docker context use`." },
  )
}

/** A Deployment names its image by a tag, and pods that came later run what that was by then. */
function otherFiles(service: string, image: string): Problem {
  return new Problem('promote.files-differ', `${service} runs from ${image} there, which is not made of its files`, {
    hint: 'Somebody has given its name to another image: take it away with `docker image rm`, and deploy again where it is to be proven.',
  })
}
