import { createHash } from 'node:crypto'
import type { Place } from '../labels.ts'

/** Of an instance such as `api@7-3fa9c1d2-1`. */
export function containerName(place: Place, instance: string): string {
  return `${prefixOf(place)}_${aliasOf(instance)}`
}

/**
 * The host name by which the gateway reaches an instance, unique on the environment's own network. At most 63 characters, a
 * DNS label's limit: a service has at most 40, a release and a number the rest.
 */
export function aliasOf(instance: string): string {
  return instance.replace('@', '-')
}

/** `inside`: instances, needs and the gateway, without a way out. `outward`: for services that call others. */
export function networkName(place: Place, kind: 'inside' | 'outward'): string {
  return `${prefixOf(place)}_${kind}`
}

/** Where the secrets of a release's service are. */
export function secretsVolume(place: Place, service: string, release: string): string {
  return `${prefixOf(place)}_${service}_${release}_secrets`
}

/** A folder that a service writes: the same for all its releases. */
export function dataVolume(place: Place, service: string, folder: string): string {
  const clean = folder.replace(/^\.\//, '').replace(/\/+$/, '')
  return `${prefixOf(place)}_${service}_data_${digestOf(clean)}`
}

/**
 * `seaworthy/shop/api:3fa9c1d2…-91b0c4d7`: the same files made in the same way have the same name.
 * @param recipe everything that decides how the files become an image
 */
export function imageName(app: string, service: string, artifact: string, recipe: string): string {
  return `seaworthy/${app}/${service}:${artifact}-${digestOf(recipe)}`
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

/** No name of ours holds an underscore: `a-b` in `c` and `a` in `b-c` stay apart. */
function prefixOf({ app, environment }: Place): string {
  return `seaworthy_${app}_${environment}`
}
