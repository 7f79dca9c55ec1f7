import type { Command } from '../command.ts'
import type { Place } from '../labels.ts'
import { kubectl, type Access } from './commands.ts'
import { componentLabels, objectName } from './names.ts'
import type { KubernetesObject } from './object.ts'

const FOLDER = '/run/gateway-key'
const FILE = 'key'

/** Where control and gateways find the key by which they know each other. */
export const GATEWAY_KEY = `${FOLDER}/${FILE}`

/** The Secret's name. */
export function gatewayKeyName(place: Place): string {
  return objectName(place, 'gateway-key')
}

/** Makes the key, once: `create` leaves the one that is there as it is, and whoever deploys need not be able to read it. */
export function makeGatewayKey(access: Access, place: Place, key: Uint8Array): Command {
  const because = 'makes the key by which gateways and control know each other, where there is none'
  return {
    ...kubectl(access, ['create', '--filename', '-'], because),
    stdin: Buffer.from(JSON.stringify(gatewayKeyOf(place, key))),
    forgives: '(AlreadyExists)',
  }
}

export function gatewayKeyOf(place: Place, key: Uint8Array): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: gatewayKeyName(place), labels: componentLabels(place, 'gateway') },
    type: 'Opaque',
    immutable: true,
    data: { [FILE]: Buffer.from(key).toString('base64') },
  }
}

const VOLUME = 'gateway-key'

/** Of a pod: root owns the file, the pod's group reads it. */
export function gatewayKeyVolume(place: Place): object {
  return { name: VOLUME, secret: { secretName: gatewayKeyName(place), defaultMode: 0o440 } }
}

export const GATEWAY_KEY_MOUNT = { name: VOLUME, mountPath: FOLDER, readOnly: true }
