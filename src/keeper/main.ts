import { mkdirSync, realpathSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { KeeperError } from './errors.ts'
import { runKeeper } from './keeper.ts'
import { acquireLock } from './lock.ts'
import { note } from './note.ts'
import { parseSockets } from './sockets.ts'

/** Between SIGTERM to the children and SIGKILL, when the keeper itself is told to end. */
const GRACE_MS = 30_000

/** The entry of the keeper's process: `--state DIR [--sockets name=fd:host:port,…]`. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { state: { type: 'string' }, sockets: { type: 'string', default: '' } } })
  if (values.state === undefined) throw new KeeperError('keeper.bad-arguments', '--state DIR is missing')
  const sockets = parseSockets(values.sockets)
  // Whoever started us from a terminal may close it.
  process.on('SIGHUP', () => undefined)
  process.on('SIGINT', () => undefined)

  mkdirSync(values.state, { recursive: true, mode: 0o700 })
  const state = realpathSync(values.state)
  // Holds the folder's inode, which names the lock, even when somebody removes the folder.
  process.chdir(state)
  if (!(await acquireLock(state))) return process.exit(0)

  const keeper = await runKeeper({ state, sockets })
  process.on('SIGTERM', () => void keeper.shutdown(GRACE_MS))
  await keeper.ended
  // Closing the connections told everybody; give the bytes one turn to leave.
  setImmediate(() => process.exit(0))
}

try {
  await main()
} catch (error) {
  if (error instanceof KeeperError) note('error', error.message, { code: error.code })
  else note('error', String(error), { stack: error instanceof Error ? error.stack : undefined })
  process.exit(1)
}
