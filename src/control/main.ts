/** The entry program of control: `main.ts --state DIR`. Started and restarted by the keeper. */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../core/clock.ts'
import { createLogger, type Logger } from '../core/logger.ts'
import { isDiskFull } from '../core/system-problem.ts'
import type { Instance } from '../deploy/release.ts'
import { workerKey } from '../gateway/admin/connection.ts'
import { createFleet, type Fleet } from '../gateway/admin/fleet.ts'
import { socketPath } from '../keeper/paths.ts'
import { onBeat } from '../observe/collect/beat.ts'
import { serveApi } from './api/server.ts'
import { audited } from './audit/audited.ts'
import { Control } from './control.ts'
import { readEnvironment } from './environment.ts'
import { Limits } from './guard/limits.ts'
import { GatewayWorkers } from './gateway-workers.ts'
import type { Gateways } from './gateways.ts'
import { makeHandlers } from './handlers/index.ts'
import { KeeperLink } from './keeper-link.ts'
import { Liveness } from './liveness.ts'
import { LogMarks } from './log-marks.ts'
import { MEMORY_LOOK_MS } from './memory-watch.ts'
import { START_WITHIN_MS } from './needs/needs.ts'
import { gatewaysSource } from './observe/gateways-source.ts'
import { serveMetrics } from './observe/metrics-server.ts'
import { RemoteGateways } from './remote-gateways.ts'
import { readScaleTiming } from './scale/timing.ts'
import { Room } from './room.ts'
import { State } from './state.ts'

const HOUSEKEEPING_MS = 500
/** From a beat to the evaluation of what it has collected. */
const COLLECTED_MS = 1_500
/** How long control waits at its start for the workers that run to connect. */
const CONNECT_MS = 5_000

const { values } = parseArgs({ options: { state: { type: 'string' } } })
await main(values.state ?? '.')

async function main(folder: string): Promise<void> {
  const logger = createLogger('control', writeLine)
  process.on('SIGTERM', () => process.exit(0))
  // Everything it writes is the owner's alone.
  process.umask(0o077)
  // What nobody waits for may find no room: it is told, and what runs goes on running.
  process.on('unhandledRejection', (error) => {
    if (!isDiskFull(error)) throw error
    logger.error('the disk is full', { error: String(error) })
  })
  process.on('SIGINT', () => {})
  process.on('SIGHUP', () => {})

  const environment = readEnvironment(folder)
  const file = join(folder, 'state.db')
  const state = new State(file)
  const room = state.tables((db) => new Room(db, file))
  const keeper = new KeeperLink({
    state: folder,
    logger,
    onEvent: (event) => {
      if (event.event !== 'exited') return
      control.supervisor.onExited(event.child)
      control.jobs.onExited(event.child)
      control.needs.onExited(event.child)
    },
    onSuccession: async () => {
      await workers.ensure()
      await control.needs.reconcile(0)
      await control.supervisor.reconcile()
      await control.jobs.reconcile()
      await control.migrations.resume()
    },
  })
  const onForgotten = (): void => fleet.recount()
  const workers: Gateways =
    environment.gateways === undefined
      ? new GatewayWorkers({ keeper, folder, environment, state })
      : new RemoteGateways({ folder, where: environment.gateways, state, clock: systemClock, logger, onForgotten })
  const limits = new Limits()
  const fleet: Fleet = await createFleet({
    limits,
    socketPath: socketPath(folder, 'gateway'),
    expected: () => workers.expected(),
    kill: (pid) => workers.kill(pid),
    ...(workers.elsewhere === null ? {} : { elsewhere: workers.elsewhere }),
    onCounters: (counters) => {
      control.history.note(Date.now(), counters)
      control.collection.seen(counters)
    },
    onTraces: (traces) => control.keepTraces(traces),
    onSpans: (taken) => control.sendSpans(taken),
    guard: {
      joined: (connection) => control.security.joined(connection),
      gone: (connection) => control.security.gone(connection),
      onMessage: (connection, message) => control.security.onMessage(connection, message),
    },
  })
  const control: Control = new Control({
    folder,
    environment,
    keeper,
    fleet,
    workers,
    limits,
    state,
    logger,
    scaleTiming: readScaleTiming(),
  })

  await control.security.remember()
  await workers.ensure()
  await control.needs.reconcile(START_WITHIN_MS)
  await control.supervisor.reconcile()
  // A rollout judges by what the workers report, and drains them: not before they are here.
  await untilConnected(workers, fleet)
  control.rollouts.resume()
  await control.migrations.resume()
  control.deploys.resumeWitness()
  const { afterDeploy, leases } = control
  const onRecorded = (): void => afterDeploy.look()
  const handlers = audited(makeHandlers(control), { trail: afterDeploy.trail, leases, logger, onRecorded })
  const onError = (method: string, error: unknown): void => {
    logger.error('call failed', { method, error: error instanceof Error ? error.stack : String(error) })
  }
  await serveApi(socketPath(folder, 'control'), handlers, onError, (...asked) => control.live.open(...asked))
  if (workers.elsewhere !== null) control.collection.add(() => [gatewaysSource(() => workers.known(fleet))])
  await control.collection.start()
  onBeat(() => evaluateSoon(control, logger))
  await serveMetrics({ state, text: (format) => control.collection.text(format) })
  logger.info('control is up', {
    app: environment.app,
    environment: environment.environment,
    port: workers.entrance.port,
  })

  const liveness = new Liveness(control.clock)
  const marks = new LogMarks(join(folder, 'logs'))
  const notTold = (error: unknown): void => logger.error('telling people failed', { error: String(error) })
  const again = (what: string, work: () => void | Promise<void>): void => repeat(what, work, logger)
  again('keeping room for a full disk', () => room.keep())
  again('writing what came late', () => void state.late.catchUp())
  again('noting the outputs', () => marks.note(outputs(control), control.clock.now()))
  again('completing an abandoned deploy', () => control.deploys.completeAbandoned())
  again('retiring', () => control.retention.retire())
  again('comparing the routing table', () => control.reconcileTraffic())
  again('keeping the gateway', () => workers.keep())
  again('matching the sockets of HTTPS', () => workers.matchHttps(fleet))
  again('looking after certificates', () => control.certificates.look())
  again('scaling', () => control.scaler.tick())
  again('resting witnesses', () => control.deploys.restWitnesses())
  again('looking at what deploys are owed', () => afterDeploy.look())
  again('saying where telemetry goes', () => control.sendTelemetry())
  // Not waited for: a channel that is slow to answer would hold up all the others.
  again('telling people', () => void control.postman.deliver().catch(notTold))
  again('telling of alerts', () => control.alerts.look())
  again('saying that alerts are evaluated', () => control.heartbeat.beat())
  again('asking the needs', () => control.needs.look())
  again('settling the needs', () => control.settleNeeds())
  again('fetching feeds', () => control.security.feeds.tick())
  again('keeping the counts of limits', () => control.keepCounts())
  again('guarding', () => control.security.tick())
  again('looking who is up', () => control.collection.look())
  again('noting how the app is', () => control.health.look())
  again('telling who follows', () => control.live.look())
  again('looking at liveness', () => lookAtLiveness(control, liveness))
  repeat('watching memory', () => watchMemory(control), logger, MEMORY_LOOK_MS)
}

/** What a beat has collected is there a moment later; what is slower is there with the next one. */
function evaluateSoon({ alerts, health, clock }: Control, logger: Logger): void {
  clock
    .sleep(COLLECTED_MS)
    .then(() => alerts.evaluate())
    .then(() => health.measure())
    .catch((error: unknown) => logger.error('evaluating the alerts failed', { error: String(error) }))
}

/** A full disk must not end control over a line of its log. */
function writeLine(line: string): void {
  try {
    writeSync(1, line)
  } catch {
    // Nobody is left to tell.
  }
}

/** Does something again and again, never twice at once. A failure is told, and the next time comes all the same. */
function repeat(what: string, work: () => void | Promise<void>, logger: Logger, everyMs = HOUSEKEEPING_MS): void {
  let busy = false
  setInterval(() => {
    if (busy) return
    busy = true
    Promise.resolve()
      .then(work)
      .catch((error: unknown) => logger.error(`${what} failed`, { error: String(error) }))
      .finally(() => (busy = false))
  }, everyMs)
}

function outputs({ instances, needs }: Control): readonly string[] {
  // What is kept elsewhere writes elsewhere.
  return [...(instances.acts ? instances.instances().map(({ id }) => id) : []), ...needs.outputs()]
}

async function lookAtLiveness({ instances, state }: Control, liveness: Liveness): Promise<void> {
  const wedged = await liveness.look(instances.instances(), (id) => state.release(id))
  for (const { id, because } of wedged) await instances.restartWedged(id, because)
}

async function watchMemory({ memory, instances, supervisor, state, clock }: Control): Promise<void> {
  // Who keeps them elsewhere holds them to their limits, and processes of that place are none of this one.
  if (!instances.acts) return
  const limitOf = ({ release, service }: Instance): number | null =>
    state.release(release)?.config.services[service]?.memoryBytesMax ?? null
  for (const { id, because } of memory.look(instances.instances(), limitOf, clock.now()))
    await supervisor.restartOverLimit(id, because)
}

async function untilConnected(workers: Gateways, fleet: Fleet): Promise<void> {
  const until = performance.now() + CONNECT_MS
  while (performance.now() < until) {
    const connected = new Set(fleet.workers().map(workerKey))
    if ((await workers.expected()).every((one) => connected.has(workerKey(one)))) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
