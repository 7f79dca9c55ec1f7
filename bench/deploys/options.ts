import { parseArgs } from 'node:util'
import type { Protocol } from '../../test/support/load.ts'

export interface BenchOptions {
  readonly deploys: number
  readonly clients: number
  readonly sockets: number
  /** What the clients speak: `--tls` for https, `--http2` for h2. WebSockets and uploads go over TLS as well then. */
  readonly protocol: Protocol
  /** Swaps of each control. */
  readonly controlSwaps: number
  /** The whole bench stops after this long and calls itself incomplete. */
  readonly secondsMax: number
}

/** Reads the command line. @throws Error for anything that is not a whole number of at least 1. */
export function readOptions(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      deploys: { type: 'string', default: '100' },
      clients: { type: 'string', default: '40' },
      sockets: { type: 'string', default: '20' },
      'control-swaps': { type: 'string', default: '8' },
      'seconds-max': { type: 'string', default: '1800' },
      tls: { type: 'boolean', default: false },
      http2: { type: 'boolean', default: false },
    },
  })
  const whole = (name: keyof typeof values): number => {
    const value = Number(values[name])
    if (Number.isInteger(value) && value >= 1) return value
    throw new Error(`--${name}: expected a whole number of at least 1, got ${JSON.stringify(values[name])}`)
  }
  return {
    deploys: whole('deploys'),
    clients: whole('clients'),
    sockets: whole('sockets'),
    protocol: values.http2 ? 'h2' : values.tls ? 'https' : 'http',
    controlSwaps: whole('control-swaps'),
    secondsMax: whole('seconds-max'),
  }
}
