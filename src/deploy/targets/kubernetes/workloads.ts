import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../../core/problem.ts'
import { secretNames } from '../../need-variables.ts'
import { isRecreated } from '../../plan.ts'
import type { Instance, Release } from '../../release.ts'
import { listens } from '../instance-shape.ts'
import type { Place } from '../labels.ts'
import { mustRun, runCommand, type RunOptions } from '../run-command.ts'
import type { Cluster } from './cluster.ts'
import {
  applyObjects,
  listDeployments,
  listEvents,
  listPods,
  readAddress,
  readLogs,
  removeRelease,
  removeSecrets,
  restService,
  type Access,
} from './commands.ts'
import { deployedIn, instancesToBegin, type Deployed } from './deployed.ts'
import { eventsIn, type Happened } from './events.ts'
import { lookAtCluster } from './look.ts'
import { closedPolicy } from './network-policy.ts'
import { objectName, releaseName } from './names.ts'
import { serviceObjects } from './objects.ts'
import { observed, type ObservedPod } from './observe.ts'
import { pauseOf, terminationGrace } from './pause.ts'
import { findPolicy } from './own-commands.ts'
import type { Look } from './pods-probe.ts'
import { refusalsIn } from './refusal.ts'
import { mustApplyHere } from './render/applied-by.ts'
import { serviceAccountOf } from './service-account.ts'

/**
 * How long a cluster may take to end pods that nothing asks for any more; their own pause and grace come after. A kubelet of 1.20
 * took 90 s over one that was deleted while it was being started.
 */
const LEAVE_MS = 120_000
const LEAVE_LOOK_MS = 300

export interface WorkloadsOptions {
  readonly access: Access
  readonly place: Place
  readonly run: RunOptions
}

export interface StartInput {
  readonly image: string
  /** It has no entry and no check of ours. @default false */
  readonly isOwn?: boolean
  /** From the environment's registry. @default false */
  readonly pulls?: boolean
  /** How many instances the config asks for. */
  readonly asked: number
  /** Of the service's secrets and needs; asked for only where nothing of the release is there. */
  readonly values: () => Promise<Readonly<Record<string, string>>>
}

/** What one environment has in one namespace. It is found by its labels each time, never remembered. */
export class Workloads {
  readonly #options: WorkloadsOptions
  readonly #looks = new Map<string, Promise<Look>>()
  #cluster: Promise<Cluster> | null = null

  constructor(options: WorkloadsOptions) {
    this.#options = options
  }

  /**
   * A look at a release's service. Who asks while one is under way shares its answer: instances are asked for side by side.
   * @throws Problem `target.tool-failed`: a cluster that does not answer is not one without pods
   */
  look(release: string, service: string): Promise<Look> {
    const key = `${service}@${release}`
    const underWay = this.#looks.get(key)
    if (underWay !== undefined) return underWay
    const look = this.#look(release, service).finally(() => this.#looks.delete(key))
    this.#looks.set(key, look)
    return look
  }

  /**
   * Has a release's service there as it is declared, beside whatever runs; whether pods come of it is for a look to show.
   * @throws Problem `cluster.too-old` `target.tool-failed`
   */
  async start(
    release: Release,
    service: string,
    { image, isOwn = false, pulls = false, asked, values }: StartInput,
  ): Promise<void> {
    const { place } = this.#options
    const deployed = (await this.deployed()).filter((one) => one.service === service)
    const others = deployed.filter((one) => one.release !== release.id)
    const instances = instancesToBegin(release.config.services[service]!, asked, others)
    const cluster = await (this.#cluster ??= lookAtCluster(this.#options.access, this.#options.run))
    // What can never be changed is there already, with the values of its own day; after a stop it is all that is.
    const isThere = others.length < deployed.length || (await this.#hasPolicy(releaseName(release, service)))
    const known = isThere ? blankValues(release, service) : await values()
    const objects = serviceObjects({ release, service, image, isOwn, pulls, cluster, instances, values: known })
    const wanted = isThere ? objects.filter(({ kind }) => kind !== 'ConfigMap' && kind !== 'Secret') : objects
    await this.#run(applyObjects(this.#options.access, [serviceAccountOf(place), closedPolicy(place), ...wanted]))
  }

  /**
   * Takes away all that a release's services have. Resolves when its pods are on their way out: in no Service, and with their
   * pause and grace before them; those of a service that cannot run beside its next release, when they are gone.
   * @param of the release as control knows it
   * @throws Problem `instance.not-removed`
   */
  async remove(release: string, services: readonly string[], of: Release | null): Promise<void> {
    const { access, place } = this.#options
    if (services.length === 0) return
    for (const service of services) await this.#run(removeRelease(access, place, release, service))
    await this.#run(
      removeSecrets(
        access,
        services.map((service) => objectName(place, service, release)),
      ),
    )
    const goneMs = Math.max(0, ...services.map((service) => endOf(of, service)))
    const isLeft = ({ service, state }: Instance): boolean =>
      services.includes(service) && (state !== 'stopping' || endOf(of, service) > 0)
    await this.#until((one) => one.release === release && isLeft(one), LEAVE_MS + goneMs)
  }

  /**
   * Takes the pods of a release's service away and leaves what they are made from. Resolves when they are gone.
   * @throws Problem `instance.not-removed`
   */
  async rest(release: Release, service: string): Promise<void> {
    const { access, place } = this.#options
    await this.#run(restService(access, place, release.id, service))
    const withinMs = LEAVE_MS + endOf(release, service)
    await this.#until((one) => one.release === release.id && one.service === service, withinMs)
  }

  /** @throws Problem `instance.not-removed` */
  async #until(isLeft: (instance: Instance) => boolean, withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs
    for (;;) {
      const left = (await this.#pods()).filter(({ instance }) => isLeft(instance))
      if (left.length === 0) return
      if (performance.now() > deadline) {
        throw new Problem('instance.not-removed', `the cluster still runs ${left.map(({ pod }) => pod).join(', ')}`, {
          hint: 'Look at it with `kubectl describe pod`, then run the command again.',
        })
      }
      await sleep(LEAVE_LOOK_MS, undefined, { signal: this.#options.run.signal })
    }
  }

  /**
   * Every Deployment of the environment's services.
   * @throws Problem `render.applied-by-others`
   */
  async deployed(): Promise<readonly Deployed[]> {
    const { access, place } = this.#options
    const output = await this.#run(listDeployments(access, place))
    mustApplyHere(output)
    return deployedIn(output)
  }

  /** From which images a release's pods run, as far as they do. */
  async images(release: string): Promise<readonly { readonly instance: Instance; readonly image: string }[]> {
    return (await this.#pods()).flatMap(({ instance, image }) =>
      instance.release === release && instance.state !== 'stopping' && image !== null ? [{ instance, image }] : [],
    )
  }

  /** Of the release's Service; '' where the service listens on nothing. */
  async address(release: Release, service: string): Promise<string> {
    if (!listens(release.config.services[service]!)) return ''
    return (await this.#run(readAddress(this.#options.access, releaseName(release, service)))).trim()
  }

  async events({ pod }: ObservedPod): Promise<readonly Happened[]> {
    return eventsIn(await this.#run(listEvents(this.#options.access, pod)))
  }

  /** Of the life that it has; of the one before, where this one has said nothing yet. */
  async lastLines({ pod, instance }: ObservedPod, lines: number): Promise<readonly string[]> {
    const { access, run } = this.#options
    for (const isPrevious of instance.restarts > 0 ? [false, true] : [false]) {
      // There may be none: the container has never been made.
      const { code, stdout } = await runCommand(
        readLogs(access, pod, { container: instance.service, lines, isPrevious }),
        run,
      )
      const found = code === 0 ? stdout.split('\n').filter((line) => line !== '') : []
      if (found.length > 0) return found
    }
    return []
  }

  async #look(release: string, service: string): Promise<Look> {
    const { access, place } = this.#options
    const [pods, deployments] = await Promise.all([this.#pods(), this.#run(listDeployments(access, place))])
    const isIt = (one: { readonly release: string; readonly service: string }): boolean =>
      one.release === release && one.service === service
    return {
      pods: pods.filter(({ instance }) => isIt(instance) && instance.state !== 'stopping'),
      instances: deployedIn(deployments).find(isIt)?.instances ?? null,
      refusal: refusalsIn(deployments).find(isIt) ?? null,
    }
  }

  /** It is made after what can never be changed, and stays when a service is stopped. */
  async #hasPolicy(name: string): Promise<boolean> {
    return (await this.#run(findPolicy(this.#options.access, name))).trim() !== ''
  }

  async #pods(): Promise<readonly ObservedPod[]> {
    const { access, place } = this.#options
    return observed(await this.#run(listPods(access, place)))
  }

  #run(command: Parameters<typeof mustRun>[0]): Promise<string> {
    return mustRun(command, this.#options.run)
  }
}

/** Of what is left as it is: a secret of back then may have no value any more. */
function blankValues({ config }: Release, service: string): Readonly<Record<string, string>> {
  return Object.fromEntries(secretNames(config.services[service]!, config.needs).map((name) => [name, '']))
}

/** How long the end of a pod may take that another release has to wait for; 0: none has. */
function endOf(of: Release | null, service: string): number {
  const declared = of?.config.services[service]
  if (of === null || declared === undefined || !isRecreated(declared, of.config)) return 0
  return terminationGrace(pauseOf(of, service), declared.graceMs) * 1000
}
