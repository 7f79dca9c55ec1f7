import type { InstanceState } from '../../release.ts'
import type { Command } from '../command.ts'
import type { Place } from '../labels.ts'
import {
  connectNetworks,
  createContainer,
  createNetwork,
  createVolume,
  fillVolume,
  removeContainers,
  startContainer,
  type Host,
} from './commands.ts'
import type { Container } from './container.ts'
import { USER_ID } from './dockerfile.ts'
import { networkName } from './names.ts'
import type { Observed } from './observe.ts'
import { SECRETS_FOLDER } from './own-files.ts'
import { tarOf } from './tar.ts'

export interface StartInput {
  readonly host: Host
  readonly place: Place
  /** Of one release's service. */
  readonly wanted: readonly Container[]
  /** Of the service's secrets; empty: those that its volume has. */
  readonly values: Readonly<Record<string, string>>
  /** What the engine has of the environment. */
  readonly there: { readonly containers: readonly Observed[]; readonly networks: readonly string[] }
}

/**
 * The commands after which the wanted containers are there and started, beside whatever runs: none where they are already.
 * One that was made and has never run may lack what was to follow, since whoever made it was killed: it is made again.
 */
export function startCommands({ host, place, wanted, values, there }: StartInput): readonly Command[] {
  const states = new Map(there.containers.map(({ instance }) => [instance.id, instance.state]))
  const stateOf = ({ instance }: Container): InstanceState | undefined => states.get(instance)
  const halfMade = wanted.filter((one) => stateOf(one) === 'starting')
  const stopped = wanted.filter((one) => stateOf(one) === 'stopped')
  const missing = wanted.filter((one) => stateOf(one) === undefined || stateOf(one) === 'starting')
  const networks = new Set(missing.flatMap((one) => one.networks))
  const volumes = new Set(missing.flatMap((one) => one.volumes.map(({ name }) => name)))
  return [
    ...[...networks]
      .filter((name) => !there.networks.includes(name))
      .map((name) => createNetwork(host, name, place, name === networkName(place, 'inside'))),
    ...(halfMade.length === 0
      ? []
      : [
          removeContainers(
            host,
            halfMade.map(({ name }) => name),
          ),
        ]),
    ...[...volumes].map((name) => createVolume(host, name, place)),
    ...(missing.length === 0 ? [] : fillSecrets(host, place, missing[0]!, values)),
    ...missing.flatMap((one) => [createContainer(host, one), ...connectNetworks(host, one)]),
    ...[...missing, ...stopped].map(({ name }) => startContainer(host, name)),
  ]
}

function fillSecrets(
  host: Host,
  place: Place,
  { volumes, image, user }: Container,
  values: StartInput['values'],
): readonly Command[] {
  const volume = volumes.find(({ folder }) => folder === SECRETS_FOLDER)
  const entries = Object.entries(values)
  if (volume === undefined || entries.length === 0) return []
  // As whom an image of somebody else runs is not known; in its container nobody else does.
  const mode = user === null ? 0o444 : 0o400
  const files = entries.map(([name, value]) => ({ name, bytes: Buffer.from(value), mode, owner: USER_ID }))
  return fillVolume(host, place, { name: volume.name, folder: SECRETS_FOLDER, image, archive: tarOf(files) })
}
