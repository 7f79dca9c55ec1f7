import type { Command } from '../command.ts'
import { applyObjects, kubectl, type Access } from './commands.ts'
import { controlName } from './control.ts'
import { makeGatewayKey } from './gateway-key.ts'
import { gatewayName } from './gateway.ts'
import { differences, hasGatewayInside, installationObjects, type InstallationInput } from './installation.ts'
import { objectName } from './names.ts'
import type { OwnGateway } from './own-gateway.ts'
import type { Own } from './own.ts'

/** What a namespace has of an installation. */
export interface InstallationThere {
  readonly own: Own | null
  readonly gateway: OwnGateway | null
  /** Control has kept something here. */
  readonly hasVolume: boolean
}

/** Commands, and what has to be ready after them before one goes on. */
export interface InstallationStep {
  readonly commands: readonly Command[]
  readonly untilReady: readonly ('control' | 'gateway')[]
}

export interface InstallationPlan {
  readonly kind: 'nothing' | 'make' | 'start' | 'replace'
  /** Why, a sentence each. */
  readonly because: readonly string[]
  readonly steps: readonly InstallationStep[]
  /** Of all steps. */
  readonly commands: readonly Command[]
  /** Nobody is served for the seconds that it takes. */
  readonly interrupts: boolean
}

/**
 * The commands after which the installation is there: none where it is. The image is where the nodes find it by then.
 * @param isImage whether an image is the one that is wanted
 */
export function planInstallation(
  access: Access,
  wanted: InstallationInput,
  { own, gateway, hasVolume }: InstallationThere,
  isImage: (name: string) => boolean,
): InstallationPlan {
  const { place } = wanted
  const name = controlName(place)
  const objects = installationObjects(wanted)
  const key = makeGatewayKey(access, place, wanted.key)
  if (own === null) {
    const kind = hasVolume ? ('start' as const) : ('make' as const)
    const because = hasVolume ? `${name} was stopped; its volume is there` : `there is no ${name} yet`
    const commands = [key, applyObjects(access, [...objects.control, ...objects.gateway])]
    return planOf(kind, [because], [{ commands, untilReady: ['control', 'gateway'] }])
  }
  const because = new Set(
    [own, ...(gateway === null ? [] : [gateway])].flatMap(({ image, installation }) => [
      ...(isImage(image) ? [] : [`the image is ${wanted.image}, and it runs ${image}`]),
      ...differences(wanted, installation),
    ]),
  )
  const wasInside = hasGatewayInside(own.installation)
  if (gateway === null && !wasInside) because.add(`there is no ${gatewayName(place)}`)
  if (because.size === 0) return planOf('nothing', [], [])
  return planOf(
    'replace',
    [...because],
    [
      { commands: [key, applyObjects(access, objects.control)], untilReady: ['control'] },
      {
        commands: [applyObjects(access, objects.gateway), ...(wasInside ? [removeFrontPolicy(access, wanted)] : [])],
        untilReady: ['gateway'],
      },
    ],
    wasInside,
  )
}

function planOf(
  kind: InstallationPlan['kind'],
  because: readonly string[],
  steps: readonly InstallationStep[],
  interrupts = false,
): InstallationPlan {
  return { kind, because, steps, commands: steps.flatMap(({ commands }) => commands), interrupts }
}

/** It opened control's pod to everybody while the gateway was in it. */
function removeFrontPolicy(access: Access, { place }: InstallationInput): Command {
  const argv = ['delete', 'networkpolicies', objectName(place, 'front'), '--ignore-not-found']
  return kubectl(access, argv, "closes control's pod to those who ask the gateway")
}
