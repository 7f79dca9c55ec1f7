import type { ResolvedNeed } from '../../../config/resolved.ts'
import type { Command } from '../command.ts'
import { LABEL, type Place } from '../labels.ts'
import {
  createNetwork,
  createVolume,
  fillVolume,
  removeContainers,
  startContainer,
  stopContainers,
  type Host,
} from './commands.ts'
import { needVolume, networkName } from './names.ts'
import { createNeed, type NeedContainer } from './need-container.ts'
import { NEED_DATA, NEED_FOLDER, needServer, type NeedPasswords } from './need-server.ts'
import { SECRETS_FOLDER } from './own-files.ts'
import { TAR_END, tarHeader, tarOf } from './tar.ts'

const DATA_NAME = NEED_DATA.slice(NEED_FOLDER.length + 1)
/** As `createNeed` gives it to the engine. */
export const NEED_GRACE_MS = 60_000

/** A need's container as the engine shows it. */
export interface NeedThere {
  readonly id: string
  readonly need: string
  /** '' where it has none. */
  readonly recipe: string
  readonly isRunning: boolean
  /** Made and never started: what was to follow may lack. */
  readonly isHalfMade: boolean
}

/** Reads the output of `docker inspect --type container`; what is no need is left out. */
export function needsIn(output: string): readonly NeedThere[] {
  const list = JSON.parse(output) as readonly {
    readonly Id: string
    readonly Config: { readonly Labels: Readonly<Record<string, string>> | null }
    readonly State: { readonly Status: string; readonly Running: boolean; readonly ExitCode: number }
  }[]
  return list.flatMap(({ Id, Config, State }): NeedThere[] => {
    const labels = Config.Labels ?? {}
    const need = labels[LABEL.need]
    if (need === undefined) return []
    const recipe = labels[LABEL.recipe] ?? ''
    return [{ id: Id, need, recipe, isRunning: State.Running, isHalfMade: State.Status === 'created' }]
  })
}

export interface NeedInput {
  readonly host: Host
  readonly place: Place
  readonly config: ResolvedNeed
  readonly wanted: NeedContainer
  /** For a file in its volume. */
  readonly passwords: NeedPasswords
  readonly there: { readonly need: NeedThere | null; readonly networks: readonly string[] }
}

/**
 * The commands after which a need's container is there and started: none where it is as it should be. One that is made
 * otherwise is ended and made anew on its data, which stay in their volume whatever comes of it.
 */
export function needCommands({ host, place, config, wanted, passwords, there }: NeedInput): readonly Command[] {
  const { need, networks } = there
  const inside = networkName(place, 'inside')
  const ground = networks.includes(inside) ? [] : [createNetwork(host, inside, place, true)]
  const start = { ...startContainer(host, wanted.name), mayFail: false }
  if (need !== null && need.recipe === wanted.recipe && !need.isHalfMade)
    return [...ground, ...(need.isRunning ? [] : [start])]
  const server = needServer(config.kind)!
  const [data, secrets] = [needVolume(place, wanted.need, 'data'), needVolume(place, wanted.need, 'secrets')]
  const file = server.secretFile(config, passwords)
  const secret = { name: file.name, bytes: Buffer.from(file.text), mode: 0o400, owner: server.user }
  const { image } = wanted
  return [
    ...ground,
    ...(need === null ? [] : endNeed(host, need)),
    createVolume(host, data, place),
    createVolume(host, secrets, place),
    ...fillVolume(host, place, {
      name: data,
      folder: NEED_FOLDER,
      image,
      archive: ownedFolder(DATA_NAME, server.user),
    }),
    ...fillVolume(host, place, { name: secrets, folder: SECRETS_FOLDER, image, archive: tarOf([secret]) }),
    createNeed(host, place, wanted),
    start,
  ]
}

/** In order, so that nothing it holds is lost; its volumes stay. */
export function endNeed(host: Host, { id, isRunning }: NeedThere): readonly Command[] {
  return [...(isRunning ? [stopContainers(host, [id], NEED_GRACE_MS)] : []), removeContainers(host, [id])]
}

/** A folder that belongs to the server's user, who cannot take one: it has no rights. What is in it already stays. */
export function ownedFolder(name: string, owner: number): Uint8Array {
  return Buffer.concat([tarHeader({ name: `${name}/`, kind: 'folder', mode: 0o700, owner, size: 0 }), TAR_END])
}
