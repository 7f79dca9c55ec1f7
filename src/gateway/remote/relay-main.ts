/** The entry of a gateway's relay, which its keeper starts and starts again: see relay.ts. */
import { writeSync } from 'node:fs'
import { createLogger } from '../../core/logger.ts'
import { messageOf } from '../../core/problem.ts'
import { socketPath } from '../../keeper/paths.ts'
import { readArguments } from './arguments.ts'
import { startRelay } from './relay.ts'
import { readKey } from './sealed.ts'

const logger = createLogger('relay', (line) => {
  try {
    writeSync(1, line)
  } catch {
    // A full disk: nobody is left to tell.
  }
})

process.umask(0o077)
process.on('SIGINT', () => {})
const told = new Promise((resolve) => process.once('SIGTERM', resolve))

try {
  const { state, control, key, name, workers, table } = readArguments(process.argv.slice(2))
  const path = socketPath(state, 'gateway')
  const relay = await startRelay({ state, socketPath: path, control, key: readKey(key), name, workers, table, logger })
  await told
  await relay.leave()
  process.exit(0)
} catch (error) {
  logger.error('the relay ends', { error: messageOf(error) })
  process.exit(1)
}
