import { Problem } from '../../../core/problem.ts'
import type { Command } from '../command.ts'
import { STATE } from '../image/places.ts'
import { LABEL, type Place } from '../labels.ts'
import { createNetwork, createVolume, fillVolume, removeContainers, type Host } from './commands.ts'
import { USER_ID } from './dockerfile.ts'
import { networkName, ownName, stateVolume } from './names.ts'
import { connectInside, createOwn, startOwn, stopOwn } from './own-commands.ts'
import { tarOf } from './tar.ts'

/** What an environment needs on an engine before anything can be deployed there. */
export interface Installation {
  readonly place: Place
  /** Name of Seaworthy's image. */
  readonly image: string
  /** Its id where it was worked out; null: what has the name will do. */
  readonly imageId: string | null
  /** Without a domain only the engine's own machine is meant to reach the gateway. */
  readonly isPublic: boolean
  /** Ports of the gateway, the same inside as outside. */
  readonly ports: readonly number[]
  /** What control must know before any release: the content of `environment.json`. */
  readonly environment: object
}

/** What the engine has of it. */
export interface InstallationThere {
  readonly networks: readonly string[]
  readonly volumes: readonly string[]
  /** Id of the image that has the name; null: none. */
  readonly imageId: string | null
  readonly own: OwnThere | null
}

export interface OwnThere {
  readonly id: string
  readonly isRunning: boolean
  /** Made and never started: what was to follow may lack. */
  readonly isHalfMade: boolean
  readonly image: string
  readonly imageId: string
  readonly networks: readonly string[]
  /** What its label says: with what it was made. */
  readonly installation: string
}

export interface InstallationPlan {
  /** `replace`: the published ports answer nobody for the seconds that it takes. */
  readonly kind: 'nothing' | 'make' | 'start' | 'replace'
  /** Why, a sentence each. */
  readonly because: readonly string[]
  readonly commands: readonly Command[]
}

/**
 * Reads the one container of `docker inspect --type container`, which was found by its name; null where the list is empty.
 * @throws Problem `target.name-taken` where its labels say that it is not this environment's: nothing is done to it
 */
export function ownIn(output: string, place: Place): OwnThere | null {
  const [one] = JSON.parse(output) as readonly Inspected[]
  if (one === undefined) return null
  const { Id, Image, Config, State, NetworkSettings } = one
  const { [LABEL.app]: app, [LABEL.environment]: environment } = Config.Labels ?? {}
  if (app !== place.app || environment !== place.environment) {
    throw new Problem('target.name-taken', `the container ${ownName(place)} is not Seaworthy's: it lacks its labels`, {
      hint: 'Whoever made it has to rename it (`docker rename`) or remove it. Nothing was touched.',
    })
  }
  return {
    id: Id,
    isRunning: State.Running,
    isHalfMade: State.Status === 'created' && State.ExitCode === 0,
    image: Config.Image,
    imageId: Image,
    networks: Object.keys(NetworkSettings.Networks ?? {}),
    installation: Config.Labels?.[LABEL.installation] ?? '',
  }
}

/** The fields that are read, named as the engine names them. */
interface Inspected {
  readonly Id: string
  readonly Image: string
  readonly Config: { readonly Image: string; readonly Labels: Readonly<Record<string, string>> | null }
  readonly State: { readonly Status: string; readonly Running: boolean; readonly ExitCode: number }
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> | null }
}

/**
 * The commands after which the installation is there and runs: none where it is and does. Seaworthy's image is on the engine
 * by then. What control keeps stays: the state's volume is made once, and never removed.
 */
export function planInstallation(host: Host, wanted: Installation, there: InstallationThere): InstallationPlan {
  const { place, image } = wanted
  const { own } = there
  const networks = (['front', 'inside'] as const).filter((kind) => !there.networks.includes(networkName(place, kind)))
  const state = stateVolume(place)
  const ground = [
    ...networks.map((kind) => createNetwork(host, networkName(place, kind), place, kind === 'inside')),
    ...(there.volumes.includes(state) ? [] : [createVolume(host, state, place)]),
  ]
  const differs = own === null || own.isHalfMade ? [] : differences(wanted, own)
  if (own !== null && !own.isHalfMade && differs.length === 0) {
    const connect = own.networks.includes(networkName(place, 'inside')) ? [] : [connectInside(host, place)]
    const start = own.isRunning ? [] : [startOwn(host, place)]
    const commands = [...ground, ...connect, ...start]
    if (commands.length === 0) return { kind: 'nothing', because: [], commands }
    return { kind: 'start', because: [own.isRunning ? 'a network is gone' : 'it does not run'], commands }
  }
  const archive = tarOf([
    { name: 'environment.json', bytes: Buffer.from(environmentText(wanted)), mode: 0o600, owner: USER_ID },
  ])
  const container = { image, publish: publishOf(wanted), installation: installationText(wanted) }
  const commands = [
    ...ground,
    ...(own?.isRunning ? [stopOwn(host, place)] : []),
    ...(own === null ? [] : [removeContainers(host, [own.id])]),
    ...fillVolume(host, place, { name: state, folder: STATE, image, archive }),
    createOwn(host, place, container),
    connectInside(host, place),
    startOwn(host, place),
  ]
  if (differs.length > 0) return { kind: 'replace', because: differs, commands }
  return { kind: 'make', because: [`there is no ${ownName(place)} yet`], commands }
}

/** What a container was made with, and what is wanted now, a sentence for each difference. */
function differences(wanted: Installation, own: OwnThere): readonly string[] {
  const now = JSON.parse(installationText(wanted)) as Recorded
  const then = recordedIn(own.installation)
  const isOther = own.image !== wanted.image || (wanted.imageId !== null && own.imageId !== wanted.imageId)
  const image = own.image === wanted.image ? `another ${wanted.image}` : `${wanted.image}, and it runs ${own.image}`
  const keys = [...new Set([...Object.keys(now.environment), ...Object.keys(then.environment)])]
  return [
    ...(isOther ? [`the image is ${image}`] : []),
    ...(now.publish.join() === then.publish.join()
      ? []
      : [`it publishes ${then.publish.join(', ') || 'nothing'}, and is to publish ${now.publish.join(', ')}`]),
    ...keys
      // What is published says it.
      .filter((key) => !['http', 'https'].includes(key))
      .filter((key) => show(now.environment[key]) !== show(then.environment[key]))
      .map((key) => `${key} was ${show(then.environment[key])}, and is to be ${show(now.environment[key])}`),
  ]
}

/** What is written on the container; its image is the engine's to tell. */
interface Recorded {
  readonly publish: readonly string[]
  readonly environment: Readonly<Record<string, unknown>>
}

function recordedIn(text: string): Recorded {
  try {
    return { publish: [], environment: {}, ...(JSON.parse(text) as Partial<Recorded>) }
  } catch {
    return { publish: [], environment: {} }
  }
}

function installationText(wanted: Installation): string {
  return JSON.stringify({ publish: publishOf(wanted), environment: wanted.environment })
}

function environmentText({ environment }: Installation): string {
  return JSON.stringify(environment, null, 2)
}

function publishOf({ ports, isPublic }: Installation): readonly string[] {
  return ports.map((port) => `${isPublic ? '' : '127.0.0.1:'}${port}:${port}`)
}

function show(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value)
}
