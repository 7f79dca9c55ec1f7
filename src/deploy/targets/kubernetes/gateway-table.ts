import type { Command } from '../command.ts'
import { STATE } from '../image/places.ts'
import type { Place } from '../labels.ts'
import { execIn, type Access } from './commands.ts'
import { controlPod } from './control.ts'
import { componentLabels, objectName } from './names.ts'
import type { KubernetesObject } from './object.ts'

const FOLDER = '/run/gateway-table'
/** As control calls what it saves. */
const FILE = 'table.json'
const READ_MS = 30_000
/** A Secret takes 1 MiB at most. */
const BYTES_MAX = 1024 * 1024

/** Where a gateway that starts while control is away finds the table that was in force after the last switch. */
export const GATEWAY_TABLE = `${FOLDER}/${FILE}`

/** The Secret's name. */
export function gatewayTableName(place: Place): string {
  return objectName(place, 'gateway-table')
}

/** The table as control has saved it; nothing where it has none. */
export function readTable(access: Access, place: Place): Command {
  const script = `try { process.stdout.write(fs.readFileSync('${STATE}/${FILE}')) } catch (error) { if (error.code !== 'ENOENT') throw error }`
  const argv = ['node', '-e', script]
  const asks = execIn(access, controlPod(place), { container: 'control', argv, limitMs: READ_MS })
  return { ...asks, because: 'reads the routing table, for gateways that start while control is away' }
}

/** Null: it is none, or too large to be kept there. */
export function gatewayTableOf(place: Place, text: string): KubernetesObject | null {
  if (text === '' || Buffer.byteLength(text) > BYTES_MAX) return null
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: gatewayTableName(place), labels: componentLabels(place, 'gateway') },
    type: 'Opaque',
    data: { [FILE]: Buffer.from(text).toString('base64') },
  }
}

const VOLUME = 'gateway-table'

/** Of a pod: before the first deploy there is none. */
export function gatewayTableVolume(place: Place): object {
  return { name: VOLUME, secret: { secretName: gatewayTableName(place), defaultMode: 0o440, optional: true } }
}

export const GATEWAY_TABLE_MOUNT = { name: VOLUME, mountPath: FOLDER, readOnly: true }
