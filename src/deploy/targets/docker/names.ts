import { createHash } from 'node:crypto'
import type { Release } from '../../release.ts'
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

/**
 * `inside`: instances, needs and the gateway, without a way out. `outward`: for services that call others. `front`: the gateway
 * alone, whose ports are published there.
 */
export function networkName(place: Place, kind: 'inside' | 'outward' | 'front'): string {
  return `${prefixOf(place)}_${kind}`
}

/** The one container that holds keeper, control and gateway. No instance is called so: theirs end in a number. */
export function ownName(place: Place): string {
  return `${prefixOf(place)}_seaworthy`
}

/** Where control keeps its state: releases, journal, history. */
export function stateVolume(place: Place): string {
  return `${prefixOf(place)}_state`
}

/** Where the secrets of a release's service are. */
export function secretsVolume(place: Place, service: string, release: string): string {
  return `${prefixOf(place)}_${service}_${release}_secrets`
}

/** Of the container through which a volume is filled; it never runs. */
export function carrierName(volume: string): string {
  return `${volume}_carrier`
}

/** Of a need's container. No instance is called so: what follows the environment's name in theirs holds no underscore. */
export function needName(place: Place, need: string): string {
  return `${prefixOf(place)}_need_${need}`
}

/** The host name by which instances and control reach a need. */
export function needAlias(need: string): string {
  return `need-${need}`
}

/** What outlives a need's container: its data, and the file that its server takes its password from. */
export function needVolume(place: Place, need: string, what: 'data' | 'secrets'): string {
  return `${needName(place, need)}_${what}`
}

/** Of the container in which a step of a migration's run is done: who comes back after a crash finds it by this. */
export function migrationName(place: Place, run: number, step: string): string {
  return `${prefixOf(place)}_migrate_${run}-${step}`
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

/** Under which control writes down the image that a release's service was first started from. */
export function imageKey({ id, artifacts }: Pick<Release, 'id' | 'artifacts'>, service: string): string {
  return `${artifacts[service]}-${service}@${id}`
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

/** No name of ours holds an underscore: `a-b` in `c` and `a` in `b-c` stay apart. */
function prefixOf({ app, environment }: Place): string {
  return `seaworthy_${app}_${environment}`
}
