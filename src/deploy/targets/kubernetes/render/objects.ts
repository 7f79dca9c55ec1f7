import { canonicalJson, sha256 } from '../../../../core/canonical-json.ts'
import type { ResolvedApp } from '../../../../config/resolved.ts'
import { secretNames } from '../../../need-variables.ts'
import type { Release } from '../../../release.ts'
import { wantedInstances } from '../../../wanted.ts'
import { LABEL } from '../../labels.ts'
import type { Cluster } from '../cluster.ts'
import { nameOf, objectName, placeOf, releaseName } from '../names.ts'
import { closedPolicy } from '../network-policy.ts'
import type { KubernetesObject } from '../object.ts'
import { serviceObjects } from '../objects.ts'
import { serviceAccountOf } from '../service-account.ts'
import { APPLIED_BY, OTHERS } from './applied-by.ts'

/** No cluster is asked: fields that one of today knows. Kubernetes 1.30 is the first with all of them. */
const RENDERED_FOR: Cluster = {
  disruptionBudget: 'policy/v1',
  autoscaler: 'autoscaling/v2',
  route: null,
  canSleep: true,
  evictsUnready: true,
}

/** In place of a release's own name wherever a cluster keeps what it was given first, as a selector is. */
export const RENDERED = 'rendered'
/** Of all that a release is, in full: its name holds the beginning. */
const DIGEST = 'seaworthy.digest'
const NAME_DIGITS = 8
const VERSION = 'app.kubernetes.io/version'

/**
 * A release as it is known without control, which counts releases, and without the values of secrets: by what is in it.
 */
export function renderedRelease(config: ResolvedApp, artifacts: Release['artifacts']): Release {
  const digest = sha256(canonicalJson({ config, artifacts }))
  const id = digest.slice(0, NAME_DIGITS)
  return { id, sequence: 0, digest, config, artifacts, secrets: {}, migrationLevel: 0, createdAt: 0 }
}

/** A rendered object, and the service whose it is; null: all services'. */
export interface Rendered {
  readonly service: string | null
  readonly object: KubernetesObject
}

/**
 * What a deploy applies for a release, made to be applied by others, who change objects in place:
 *
 * - names without environment and release, `seaworthy.release` without the release's own name: the next release is the same
 *   objects with other content, and a Deployment rolls from one to the other. The environment's label is the overlay's.
 * - a ConfigMap that cannot be changed has its content's hash in its name instead.
 * - no Secret: pods name one that somebody else puts there.
 * - an image's place is held by `imagePlace`; the overlay says which image.
 * - Deployments say what they were rendered from, and that others apply them. Nothing else names the release: what a new one
 *   does not change stays as it is.
 */
export function renderedObjects(release: Release): readonly Rendered[] {
  const { name, services } = release.config
  const place = placeOf(release)
  const shared = [serviceAccountOf(place), closedPolicy(place)].map((object) => ({ service: null, object }))
  const own = Object.entries(services).flatMap(([service, declared]) =>
    serviceObjects({
      release,
      service,
      image: imagePlace(name, service),
      cluster: RENDERED_FOR,
      instances: wantedInstances(service, release.config, {}),
      // Only the names are asked for: what would hold values is left out below.
      values: Object.fromEntries(secretNames(declared, release.config.needs).map((secret) => [secret, ''])),
    })
      .filter(({ kind }) => kind !== 'Secret')
      .map((object) => ({ service, object })),
  )
  const variables = new Map(
    own
      .filter(({ object }) => object.kind === 'ConfigMap')
      .map(({ service, object }) => [service, `${renderedName(name, service)}-${shortDigest(object['data'])}`]),
  )
  return [...shared, ...own].map(({ service, object }) => ({
    service,
    object: changed(object, release, service, service === null ? '' : variables.get(service)!),
  }))
}

/** Of everything that a service has. A Secret of this name is what its pods look for. */
export function renderedName(app: string, service: string): string {
  return nameOf([app, service])
}

/** What stands where an image will: Kustomize's `images` replaces it. */
export function imagePlace(app: string, service: string): string {
  return `seaworthy/${app}/${service}`
}

/** Of what all services of an app share. A hyphen in the app's name could make it a service of another app. */
function sharedName(app: string): string {
  return app.includes('-') ? nameOf([app, 'all']) : nameOf([app])
}

function changed(
  object: KubernetesObject,
  release: Release,
  service: string | null,
  variables: string,
): KubernetesObject {
  const { name: app } = release.config
  const account = { from: objectName(placeOf(release)), to: sharedName(app) }
  const own = service === null ? account : { from: releaseName(release, service), to: renderedName(app, service) }
  const { kind, metadata, ...rest } = object
  const isVariables = kind === 'ConfigMap'
  const annotations =
    kind === 'Deployment'
      ? { ...metadata.annotations, [APPLIED_BY]: OTHERS, [DIGEST]: release.digest }
      : metadata.annotations
  const change = (key: string, value: unknown): unknown => {
    if (key === 'configMapRef') return { name: variables }
    if (key === 'serviceAccountName') return account.to
    if ((key === 'name' || key === 'secretName') && value === own.from) return own.to
    if (key === LABEL.environment || (key === VERSION && kind !== 'Deployment')) return undefined
    return key === LABEL.release ? RENDERED : value
  }
  return {
    ...object,
    metadata: {
      ...(mapped(metadata, change) as KubernetesObject['metadata']),
      ...(isVariables ? { name: variables } : {}),
      ...(annotations === undefined ? {} : { annotations }),
    },
    // What is in it are the user's own words.
    ...(isVariables ? rest : (mapped(rest, change) as object)),
  }
}

/** The value with each entry of each of its maps as `change` has it; undefined: without it. */
function mapped(value: unknown, change: (key: string, value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => mapped(one, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, held]): [string, unknown] => [key, change(key, mapped(held, change))])
      .filter(([, held]) => held !== undefined),
  )
}

function shortDigest(value: unknown): string {
  return sha256(canonicalJson(value)).slice(0, NAME_DIGITS)
}
