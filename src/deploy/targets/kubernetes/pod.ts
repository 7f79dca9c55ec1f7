import { expandWords } from '../../../core/words.ts'
import type { ResolvedService } from '../../../config/resolved.ts'
import { secretNames } from '../../need-variables.ts'
import type { Release } from '../../release.ts'
import { runtimeOf, type Runtime } from '../docker/base.ts'
import { OWN_FOLDER } from '../docker/dockerfile.ts'
import { INSTANCE_FOLDER, ownFiles, SECRETS_FOLDER } from '../docker/own-files.ts'
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
import { pauseOf, preStop, terminationGrace } from './pause.ts'
import { pullsWith } from './pull-secret.ts'
import { PORT_NAME, probesOf } from './probes.ts'
import { resourcesOf, TMP_SIZE } from './resources.ts'

export interface PodInput {
  readonly release: Release
  readonly service: string
  /** By digest where a registry has one; else a tag that never changes its meaning. */
  readonly image: string
  /** It has no entry and no check of ours: a Dockerfile of the service's own made it. @default false */
  readonly isOwn?: boolean
  /** From the environment's registry, with what whoever deploys logs in to it with. @default false */
  readonly pulls?: boolean
  readonly cluster: Cluster
}

export interface PodTemplate {
  readonly metadata: { readonly labels: Labels }
  readonly spec: object
}

/** The pod of an instance. */
export function instancePod({ release, service, image, isOwn = false, pulls = false, cluster }: PodInput): PodTemplate {
  const declared = release.config.services[service]!
  const runtime = runtimeIn(service, declared, isOwn)
  const check = runtime === null ? null : [ownFiles(runtime).program, `${OWN_FOLDER}/${ownFiles(runtime).check}`]
  const pauseMs = pauseOf(release, service)
  const own = releaseName(release, service)
  const hasSecrets = secretNames(declared, release.config.needs).length > 0
  const hasFolder = Object.keys(declared.templates).length > 0
  const input = { release, service, image, isOwn, pulls, own, hasSecrets, hasFolder }
  return {
    metadata: { labels: releaseLabels(release, service) },
    spec: {
      ...common(input),
      terminationGracePeriodSeconds: terminationGrace(pauseMs, declared.graceMs),
      topologySpreadConstraints: spreadOver(releaseSelector(release, service)),
      containers: [
        {
          ...container(input, { words: wordsOf(declared), isBare: isOwn }),
          ...(listens(declared)
            ? { ports: [{ name: PORT_NAME, containerPort: portOf(declared), protocol: 'TCP' }] }
            : {}),
          ...probesOf(declared, check),
          ...preStop(cluster, runtime, pauseMs),
        },
      ],
    },
  }
}

export interface OncePodInput extends Omit<PodInput, 'cluster'> {
  /** Name of the ConfigMap with its variables, and of the Secret with its files. */
  readonly own: string
  readonly hasSecrets: boolean
  readonly argv: readonly string[]
}

/** A pod of the same image and with the same reach that runs one command to its end. */
export function oncePod(input: OncePodInput, component: Component): PodTemplate {
  const { release, service, argv, isOwn = false } = input
  const declared = release.config.services[service]!
  // An image without our entry has its own, which is not for this.
  const isBare = isOwn || declared.run.kind === 'image'
  return {
    metadata: { labels: releaseLabels(release, service, component) },
    spec: {
      ...common(input),
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: terminationGrace(0, declared.graceMs),
      containers: [container(input, { words: argv, isBare })],
    },
  }
}

export function portOf({ port }: ResolvedService): number {
  return port ?? PORT
}

/** Null: an image that has nothing of ours. */
function runtimeIn(name: string, service: ResolvedService, isOwn: boolean): Runtime | null {
  if (service.run.kind === 'static') return 'node'
  return service.run.kind === 'program' && !isOwn ? runtimeOf(name, service) : null
}

/** What is behind the image's entry: a program's own words; for static files where they are; nothing. */
function wordsOf({ run, routes }: ResolvedService): readonly string[] {
  switch (run.kind) {
    case 'program':
      return run.argv
    case 'static':
      return routes.map(({ host, path }) => `${host ?? ''}${path}`)
    case 'image':
      return []
  }
}

type Input = Omit<OncePodInput, 'argv'> & {
  /** It has a folder of its own, for what its entry makes of templates. */
  readonly hasFolder?: boolean
}

function common({ release, service, isOwn = false, pulls = false, own, hasSecrets, hasFolder = false }: Input): object {
  const { run, writable } = release.config.services[service]!
  const isOurs = run.kind !== 'image' && !isOwn
  // Root owns the files: the pod's group reads them, or, where the image's user is not known, everybody in it.
  const secret = { secretName: own, defaultMode: isOurs ? 0o440 : 0o444 }
  return {
    ...POD_HARDENING,
    serviceAccountName: objectName(placeOf(release)),
    ...pullsWith(placeOf(release), pulls),
    securityContext: podSecurity(isOurs),
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: TMP_SIZE } },
      ...(hasSecrets ? [{ name: 'secrets', secret }] : []),
      ...(hasFolder ? [{ name: 'instance', emptyDir: { sizeLimit: TMP_SIZE } }] : []),
      ...writable.map((_, index) => ({ name: writableName(index), emptyDir: {} })),
    ],
  }
}

/** @param program `isBare`: its first word stands in place of the image's entry */
function container(
  { release, service, image, own, hasSecrets, hasFolder = false }: Input,
  { words, isBare }: { readonly words: readonly string[]; readonly isBare: boolean },
): object {
  const declared = release.config.services[service]!
  const variables = {
    HOST: '0.0.0.0',
    PORT: String(portOf(declared)),
    RELEASE: release.id,
    ...(hasFolder ? { INSTANCE_DIR: INSTANCE_FOLDER } : {}),
  }
  const expanded = argsOf(words, variables)
  const args = isBare ? expanded.slice(1) : expanded
  return {
    name: service,
    image,
    // Built here or named by digest: what a node has is what is meant.
    imagePullPolicy: 'IfNotPresent',
    ...(isBare ? { command: expanded.slice(0, 1) } : {}),
    ...(args.length === 0 ? {} : { args }),
    // Values of a ConfigMap are taken as they are; those below are ours, and win.
    envFrom: [{ configMapRef: { name: own } }],
    env: [
      ...Object.entries(variables).map(([name, value]) => ({ name, value })),
      // An instance's name here is its pod's.
      { name: 'INSTANCE', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    ],
    resources: resourcesOf(declared),
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      ...(hasSecrets ? [{ name: 'secrets', mountPath: SECRETS_FOLDER, readOnly: true }] : []),
      ...(hasFolder ? [{ name: 'instance', mountPath: INSTANCE_FOLDER }] : []),
      ...declared.writable.map((folder, index) => ({ name: writableName(index), mountPath: `/app/${plain(folder)}` })),
    ],
  }
}

/** Of an instance alone, as on `process`. */

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
