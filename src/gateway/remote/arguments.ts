import { parseArgs } from 'node:util'
import { isName } from './sealed.ts'

/** How a gateway away from control is started. */
export interface GatewayArguments {
  readonly control: { readonly host: string; readonly port: number }
  /** Path of the key's file. */
  readonly key: string
  readonly state: string
  /** By which control knows it: the pod's. */
  readonly name: string
  readonly host: string
  readonly http: number
  readonly https: number | null
  readonly workers: number
  /** Path of a saved table, for a start without control and without one of its own. */
  readonly table: string | null
}

const USAGE =
  'gateway --control HOST:PORT --key FILE --state DIR --name NAME --http PORT [--https PORT] --workers N [--host ADDRESS] [--table FILE]'

/** @throws Error that says how it is used */
export function readArguments(argv: readonly string[]): GatewayArguments {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...argv],
    options: {
      control: text,
      key: text,
      state: text,
      name: text,
      host: { type: 'string', default: '0.0.0.0' },
      http: text,
      https: text,
      workers: text,
      table: text,
    },
  })
  const { control = '', key = '', state = '', name = '', host, http, https, workers, table = null } = values
  const address = /^(?<host>[^\s/]+):(?<port>\d{1,5})$/.exec(control)?.groups
  const [httpPort, count] = [portOf(http), Number(workers)]
  const httpsPort = https === undefined ? null : portOf(https)
  const isWhole = address !== undefined && key !== '' && state !== '' && isName(name) && !Number.isNaN(httpPort)
  if (!isWhole || Number.isNaN(httpsPort) || !Number.isInteger(count) || count < 1 || count > 256)
    throw new Error(`usage: ${USAGE}`)
  const to = { host: address['host']!.replace(/^\[|\]$/g, ''), port: Number(address['port']) }
  return { control: to, key, state, name, host, http: httpPort, https: httpsPort, workers: count, table }
}

function portOf(text: string | undefined): number {
  const port = text === undefined || !/^\d{1,5}$/.test(text) ? NaN : Number(text)
  return port <= 65_535 ? port : NaN
}
