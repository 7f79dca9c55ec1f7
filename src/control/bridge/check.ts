/** A container's own health check: `check STATE`. Control answers, and its own front door opens; one line says what does not. */
import { messageOf } from '../../core/problem.ts'
import { connect } from '../../deploy/probe.ts'
import { socketPath } from '../../keeper/paths.ts'
import { connectControl } from '../api/client.ts'
import { readEnvironment } from '../environment.ts'

const TIMEOUT_MS = 4_000

try {
  const [state = '.'] = process.argv.slice(2)
  const control = connectControl(socketPath(state, 'control'), { awayMs: 0, signal: AbortSignal.timeout(TIMEOUT_MS) })
  await control.call('status', {})
  const { http, gateways } = readEnvironment(state)
  // Gateways elsewhere have a check of their own.
  const failure = gateways === undefined ? await connect({ host: '127.0.0.1', port: http }, TIMEOUT_MS) : null
  if (failure !== null) throw new Error(`the gateway does not accept: ${failure}`)
  process.exit(0)
} catch (error) {
  process.stderr.write(`seaworthy: ${messageOf(error)}\n`)
  process.exit(1)
}
