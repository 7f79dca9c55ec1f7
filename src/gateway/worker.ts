/** The entry program of one gateway worker: `node worker.ts --state DIR --worker N`, its listening sockets inherited as descriptors 3 and 4. */
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { messageOf } from '../core/problem.ts'
import { socketPath } from '../keeper/paths.ts'
import { superviseKeeper } from '../keeper/successor.ts'
import type { HeldSocket } from '../keeper/successor.ts'
import { RETIRE_MS, runWorker } from './run-worker.ts'

const LISTENING_DESCRIPTOR = 3
const TLS_DESCRIPTOR = 4

const { values } = parseArgs({
  options: {
    state: { type: 'string' },
    worker: { type: 'string' },
    /** The listening socket's name at the keeper. */
    socket: { type: 'string', default: 'http' },
    /** The name of the socket for HTTPS, where there is one. */
    'tls-socket': { type: 'string' },
    /** For tests: nobody starts a keeper. */
    unsupervised: { type: 'boolean', default: false },
    'retire-ms': { type: 'string', default: String(RETIRE_MS) },
  },
})
const { state, socket, 'tls-socket': tlsSocket } = values
const worker = Number(values.worker)
if (state === undefined || !Number.isInteger(worker) || worker < 1) {
  process.stderr.write('usage: worker --state DIR --worker N\n')
  process.exit(2)
}

// A worker that ends with requests in flight harms their users more than one that goes on after a stray error.
process.on('unhandledRejection', (reason) =>
  process.stderr.write(`gateway: unhandled rejection: ${messageOf(reason)}\n`),
)

// A signal that comes while the worker is starting counts as well.
let wanted = (): void => {}
const told = new Promise<void>((resolve) => (wanted = resolve))
process.on('SIGTERM', wanted)
process.on('SIGINT', wanted)

const running = await runWorker({
  state,
  worker,
  adminSocket: socketPath(state, 'gateway'),
  listen: { fd: LISTENING_DESCRIPTOR },
  listenTls: tlsSocket === undefined ? null : { fd: TLS_DESCRIPTOR },
  retireMs: Number(values['retire-ms']),
})
const supervision = new AbortController()
if (!values.unsupervised) {
  void superviseKeeper({
    state,
    rank: worker - 1,
    sockets: [
      held(socket, LISTENING_DESCRIPTOR, running.address),
      ...(tlsSocket === undefined ? [] : [held(tlsSocket, TLS_DESCRIPTOR, running.tlsAddress!)]),
    ],
    signal: supervision.signal,
  })
}

function held(name: string, fd: number, { address, port }: AddressInfo): HeldSocket {
  return { name, fd, host: address, port }
}

await told
supervision.abort()
await running.retire()
process.exit(0)
