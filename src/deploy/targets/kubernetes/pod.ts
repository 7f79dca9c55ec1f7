import { expandWords } from '../../../core/words.ts'
import type { ResolvedService } from '../../../config/resolved.ts'
import { secretNames } from '../../need-variables.ts'
import type { Release } from '../../release.ts'
import { runtimeOf, type Runtime } from '../docker/base.ts'
import { OWN_FOLDER } from '../docker/dockerfile.ts'
import { ownFiles, SECRETS_FOLDER } from '../docker/own-files.ts'
import { listens, PORT } from '../instance-shape.ts'
import type { Cluster } from './cluster.ts'
import { CONTAINER_SECURITY, POD_HARDENING, podSecurity, spreadOver } from './hardening.ts'
import {
  objectName,
  placeOf,
  releaseLabels,
  releaseName,
  releaseSelector,
  type Component,
  type Labels,
} from './names.ts'
import { preStop, terminationGrace } from './pause.ts'
import { PORT_NAME, probesOf } from './probes.ts'
import { resourcesOf, TMP_SIZE } from './resources.ts'

export interface PodInput {
  readonly release: Release
  readonly service: string
  /** By digest where a registry has one; else a tag that never changes its meaning. */
  readonly image: string
  readonly cluster: Cluster
}

export interface PodTemplate {
  readonly metadata: { readonly labels: Labels }
  readonly spec: object
}

/** The pod of an instance. @throws Error for a static service, which has nothing to start */
export function instancePod({ release, service, image, cluster }: PodInput): PodTemplate {
  const declared = release.config.services[service]!
  const { run, graceMs } = declared
  const runtime = runtimeIn(service, declared)
  const check = runtime === null ? null : [ownFiles(runtime).program, `${OWN_FOLDER}/${ownFiles(runtime).check}`]
  const { drainMs } = release.config
  return {
    metadata: { labels: releaseLabels(release, service) },
    spec: {
      ...common(release, service),
      terminationGracePeriodSeconds: terminationGrace(drainMs, graceMs),
      topologySpreadConstraints: spreadOver(releaseSelector(release, service)),
      containers: [
        {
          ...container({ release, service, image, argv: run.kind === 'program' ? run.argv : [] }),
          ...(listens(declared)
            ? { ports: [{ name: PORT_NAME, containerPort: portOf(declared), protocol: 'TCP' }] }
            : {}),
          ...probesOf(declared, check),
          ...preStop(cluster, runtime, drainMs),
        },
      ],
    },
  }
}

/** A pod of the same image and with the same reach that runs one command to its end. */
export function oncePod(
  { release, service, image }: Omit<PodInput, 'cluster'>,
  component: Component,
  argv: readonly string[],
): PodTemplate {
  const declared = release.config.services[service]!
  return {
    metadata: { labels: releaseLabels(release, service, component) },
    spec: {
      ...common(release, service),
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: terminationGrace(0, declared.graceMs),
      containers: [container({ release, service, image, argv })],
    },
  }
}

export function portOf({ port }: ResolvedService): number {
  return port ?? PORT
}

/** Null: an image of somebody else. */
function runtimeIn(name: string, service: ResolvedService): Runtime | null {
  if (service.run.kind === 'static') throw new Error(`${name} has nothing to start`)
  return service.run.kind === 'program' ? runtimeOf(name, service) : null
}

function common(release: Release, service: string): object {
  const { services, needs } = release.config
  const declared = services[service]!
  const { run, writable } = declared
  const isOurs = run.kind === 'program'
  // Root owns the files: the pod's group reads them, or, where the image's user is not known, everybody in it.
  const secret = { secretName: releaseName(release, service), defaultMode: isOurs ? 0o440 : 0o444 }
  return {
    ...POD_HARDENING,
    serviceAccountName: objectName(placeOf(release)),
    securityContext: podSecurity(isOurs),
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: TMP_SIZE } },
      ...(secretNames(declared, needs).length === 0 ? [] : [{ name: 'secrets', secret }]),
      ...writable.map((_, index) => ({ name: writableName(index), emptyDir: {} })),
    ],
  }
}

interface ContainerInput {
  readonly release: Release
  readonly service: string
  readonly image: string
  readonly argv: readonly string[]
}

function container({ release, service, image, argv }: ContainerInput): object {
  const { services, needs } = release.config
  const declared = services[service]!
  const hasSecrets = secretNames(declared, needs).length > 0
  const own = { HOST: '0.0.0.0', PORT: String(portOf(declared)), RELEASE: release.id }
  return {
    name: service,
    image,
    // Built here or named by digest: what a node has is what is meant.
    imagePullPolicy: 'IfNotPresent',
    ...(argv.length === 0 ? {} : { args: argsOf(argv, own) }),
    // Values of a ConfigMap are taken as they are; those below are ours, and win.
    envFrom: [{ configMapRef: { name: releaseName(release, service) } }],
    env: [
      ...Object.entries(own).map(([name, value]) => ({ name, value })),
      // An instance's name here is its pod's.
      { name: 'INSTANCE', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    ],
    resources: resourcesOf(declared),
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      ...(hasSecrets ? [{ name: 'secrets', mountPath: SECRETS_FOLDER, readOnly: true }] : []),
      ...declared.writable.map((folder, index) => ({ name: writableName(index), mountPath: `/app/${plain(folder)}` })),
    ],
  }
}

/** No word of the config can hold it. */
const POD_NAME = '\0'

/**
 * The kubelet replaces $(NAME) in words, and `$$` by `$`: theirs are protected from it, and the pod's name is left to it.
 */
function argsOf(argv: readonly string[], own: Readonly<Record<string, string>>): readonly string[] {
  return expandWords(argv, { ...own, INSTANCE: POD_NAME }).map((word) =>
    word.replaceAll('$', '$$$$').replaceAll(POD_NAME, '$(INSTANCE)'),
  )
}

function writableName(index: number): string {
  return `writable-${index + 1}`
}

function plain(folder: string): string {
  return folder.replace(/^\.\//, '').replace(/\/+$/, '')
}
