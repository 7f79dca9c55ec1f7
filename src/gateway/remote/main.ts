/**
 * A gateway away from control, as in a pod of its own: a keeper with the listening sockets, its workers, and the relay that
 * connects them with control: docs/decisions/0042.
 */
import { mkdirSync, realpathSync, writeSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { createLogger } from '../../core/logger.ts'
import { messageOf } from '../../core/problem.ts'
import { connectKeeper } from '../../keeper/client.ts'
import { runKeeper } from '../../keeper/keeper.ts'
import { acquireLock } from '../../keeper/lock.ts'
import { RETIRE_MS } from '../run-worker.ts'
import { WORKER_FLAGS } from '../worker-flags.ts'
import { readArguments } from './arguments.ts'
import { tellOutputs } from './output-thread.ts'
import { readKey } from './sealed.ts'

/** Beyond what its workers take to finish what they have: for the relay's last lines. */
const GRACE_MS = RETIRE_MS + 3_000
const RESPAWN = { minMs: 20, maxMs: 5_000 } as const
const [SOCKET, TLS_SOCKET] = ['http', 'https'] as const

const logger = createLogger('gateway', (line) => void writeSync(1, line))
process.umask(0o077)
process.on('SIGINT', () => {})
const told = new Promise((resolve) => process.once('SIGTERM', resolve))

try {
  await main(process.argv.slice(2))
  process.exit(0)
} catch (error) {
  process.stderr.write(`seaworthy: ${messageOf(error)}\n`)
  process.exit(1)
}

async function main(argv: readonly string[]): Promise<void> {
  const { host, http, https, workers, key, name, table, ...asked } = readArguments(argv)
  // Before anything is started: it says so here, where somebody looks.
  readKey(key)
  mkdirSync(asked.state, { recursive: true, mode: 0o700 })
  const state = realpathSync(asked.state)
  if (!(await acquireLock(state))) throw new Error(`another gateway keeps ${state}`)
  const keeper = await runKeeper({ state })
  const client = await connectKeeper(state)
  // After an end without a goodbye the keeper has begun anew with what was recorded.
  const { children } = await client.list()
  await client.listen({ name: SOCKET, host, port: http })
  if (https !== null) await client.listen({ name: TLS_SOCKET, host, port: https })

  const compiled = join(state, 'compile-cache')
  mkdirSync(compiled, { recursive: true, mode: 0o700 })
  const untilTold = tellOutputs(join(state, 'logs'))
  const env = { NODE_ENV: 'production', NODE_COMPILE_CACHE: compiled }
  const spawn = async (child: string, args: readonly string[], sockets: readonly string[]): Promise<void> => {
    if (children.some((one) => one.name === child)) return
    const output = join(state, 'logs', `${child}.log`)
    await client.spawn({
      name: child,
      role: 'gateway',
      argv: [process.execPath, ...args],
      cwd: state,
      env,
      output,
      sockets,
      respawn: RESPAWN,
    })
  }
  // Its folder is another one.
  const paths = ['--state', state, '--key', resolve(key), ...(table === null ? [] : ['--table', resolve(table)])]
  await spawn('relay', [entry('remote/relay-main'), ...argv, ...paths], [])
  const tls = https === null ? [] : ['--tls-socket', TLS_SOCKET]
  const sockets = https === null ? [SOCKET] : [SOCKET, TLS_SOCKET]
  for (let worker = 1; worker <= workers; worker++) {
    const numbered = ['--state', state, '--worker', String(worker), ...tls, '--unsupervised']
    await spawn(`gateway-${worker}`, [...WORKER_FLAGS, entry('worker'), ...numbered], sockets)
  }
  logger.info('the gateway is up', { name, workers, http, https })
  await told
  logger.info('the gateway leaves', { name })
  // Whoever still comes is sent away at once, instead of waiting for nobody.
  for (const socket of sockets) await client.unlisten(socket)
  client.close()
  // The relay says goodbye first and goes last: it waits for the workers.
  await keeper.shutdown(GRACE_MS)
  await untilTold()
}

/** A program of the gateway's, in our own form: `.ts` from the sources, `.js` from the package. */
function entry(program: string): string {
  return join(dirname(import.meta.filename), '..', `${program}${extname(import.meta.filename)}`)
}
