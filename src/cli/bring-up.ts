import { compileCacheIn } from '../control/compile-cache.ts'
import { createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { connectControl, type ControlClient } from '../control/api/client.ts'
import type { Status } from '../control/api/contract.ts'
import { windowFactorEnvironment } from '../control/alerts/rules-in-force.ts'
import { scaleTimingEnvironment } from '../control/scale/timing.ts'
import { writeEnvironment, type EnvironmentFile } from '../control/environment.ts'
import { lastLines } from '../control/last-lines.ts'
import type { NeedReport } from '../control/needs/report.ts'
import { Problem } from '../core/problem.ts'
import { holderOf } from '../deploy/targets/process/port-holder.ts'
import { connect } from '../deploy/probe.ts'
import { connectKeeper, type KeeperClient } from '../keeper/client.ts'
import { KeeperError } from '../keeper/errors.ts'
import { folderMark, socketPath } from '../keeper/paths.ts'
import { startKeeper } from '../keeper/successor.ts'
import type { Project } from './project.ts'

/** A control that has not answered by then has not come up. */
const START_MS = 30_000
const LOOK_MS = 200
/** A control that ended so often before it ever answered will not come up. */
const ENDS_MAX = 3
const LINES_SHOWN = 10
/** How long what was begun may take to end again. */
const STOP_GRACE_MS = 5_000

export interface RunningEnvironment {
  readonly keeper: KeeperClient
  readonly control: ControlClient
  readonly status: Status
  /** True when somebody had brought it up before. */
  readonly wasUp: boolean
}

/**
 * Starts what is missing: the keeper, then control, which starts the rest. Doing it again changes nothing; what cannot
 * come up leaves nothing running.
 * @throws Problem `environment.port-taken`, `environment.port-refused`, `environment.not-started`
 */
export function bringUp(project: Project): Promise<RunningEnvironment> {
  return bringUpFolder(project.stateFolder, environmentOf(project))
}

/** The same from what an earlier `up` has written down: no config is read. */
export async function bringUpFolder(stateFolder: string, environment: EnvironmentFile): Promise<RunningEnvironment> {
  await using _ = await takeUpLock(stateFolder)
  const found = await connectKeeper(stateFolder).catch(() => null)
  // A keeper that is there holds the port already.
  if (found === null) {
    await checkPort(environment, 'http')
    if (typeof environment.https === 'number') await checkPort({ ...environment, http: environment.https }, 'https')
  }
  writeEnvironment(stateFolder, environment)
  if (found === null) await startKeeper(stateFolder)
  const keeper = found ?? (await connectKeeper(stateFolder))
  try {
    await startControl(keeper, stateFolder)
    const status = await untilAnswering(keeper, stateFolder)
    const control = connectControl(socketPath(stateFolder, 'control'), { awayMs: START_MS })
    await untilAccepting(status, (await control.call('need.list', {})).needs)
    return { keeper, control, status, wasUp: found !== null }
  } catch (error) {
    if (found === null) {
      await keeper.shutdown(STOP_GRACE_MS)
      await keeper.closed
    }
    keeper.close()
    throw error
  }
}

/**
 * One `up` after the other: the second finds what the first has started. The kernel gives the name of an abstract socket
 * to one process at a time, and takes it back at its end, however it ends.
 */
async function takeUpLock(stateFolder: string): Promise<AsyncDisposable> {
  const name = `\0seaworthy-up-${folderMark(stateFolder)}`
  const until = Date.now() + 2 * START_MS
  for (;;) {
    const server = createServer((socket) => socket.destroy())
    const isOurs = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(name, () => resolve(true))
    })
    if (isOurs) return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) }
    if (Date.now() > until) {
      throw new Problem('environment.not-started', 'another `seaworthy up` is at work on it and does not end', {
        hint: 'Look for it with `ps`; end it and try again.',
      })
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** Unless it runs. */
export async function startControl(keeper: Pick<KeeperClient, 'list' | 'spawn'>, stateFolder: string): Promise<void> {
  const { children } = await keeper.list()
  if (children.some(({ name, state }) => name === 'control' && state === 'running')) return
  const spawned = keeper.spawn({
    name: 'control',
    role: 'control',
    argv: [process.execPath, '--disable-warning=ExperimentalWarning', controlEntry(), '--state', stateFolder],
    cwd: stateFolder,
    env: {
      HOME: process.env['HOME'] ?? '/',
      LANG: process.env['LANG'] ?? 'C.UTF-8',
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      ...scaleTimingEnvironment(),
      ...windowFactorEnvironment(),
      ...compileCacheIn(stateFolder),
    },
    output: logOf(stateFolder),
    respawn: { minMs: 50, maxMs: 5_000 },
  })
  await spawned.catch((error: unknown) => {
    // A keeper that comes after a dead one starts what it had itself, perhaps since we looked.
    if (!(error instanceof KeeperError) || error.code !== 'keeper.name-taken') throw error
  })
}

/** What control has to know of a project before any release. */
export function environmentOf({ app }: Project): EnvironmentFile {
  return {
    app: app.name,
    environment: app.environment,
    target: app.target,
    // Without a domain nobody outside is meant to reach it.
    host: app.domain === null ? '127.0.0.1' : '0.0.0.0',
    http: app.gateway.http,
    https: app.gateway.tls?.port ?? null,
    workers: app.gateway.workers ?? availableParallelism(),
    path: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  }
}

/** Better said here, in a sentence, than by a control that cannot come up. */
async function checkPort({ host, http }: EnvironmentFile, key: 'http' | 'https'): Promise<void> {
  const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ host, port: http }, () => server.close(() => resolve(null)))
  })
  if (error === null) return
  if (error.code === 'EADDRINUSE') {
    const holder = holderOf(http)
    throw new Problem('environment.port-taken', `port ${http} is taken by another program${holder && `: ${holder}`}`, {
      hint: `Stop that program, or choose another port in gateway.listen.${key}. Nothing was started.`,
    })
  }
  throw new Problem('environment.port-refused', `the gateway cannot listen on ${host}:${http}: ${error.message}`, {
    hint: `Ports below 1024 need a privilege. Choose another port in gateway.listen.${key}. Nothing was started.`,
  })
}

/** The first answer; given up as soon as control has ended too often to hope. */
async function untilAnswering(keeper: KeeperClient, stateFolder: string): Promise<Status> {
  const decided = new AbortController()
  const asking = connectControl(socketPath(stateFolder, 'control'), { awayMs: START_MS, signal: decided.signal })
  const ends = async (): Promise<number> =>
    (await keeper.list()).children.find(({ name }) => name === 'control')?.restarts ?? 0
  const before = await ends()
  const lookForEnds = async (): Promise<never> => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      if (decided.signal.aborted) return new Promise(() => {})
      if ((await ends()) - before < ENDS_MAX) continue
      throw new Problem('environment.not-started', 'control ended again and again before it could serve', {
        hint: `Mend what its last lines say: ${logOf(stateFolder)}`,
        details: lastLines(logOf(stateFolder), LINES_SHOWN).map((line) => `| ${line}`),
      })
    }
  }
  try {
    return await Promise.race([asking.call('status', {}), lookForEnds()])
  } finally {
    decided.abort()
    asking.close()
  }
}

/**
 * The front door, and behind it what is live already: a first deploy comes with its own gate. A program that takes longer
 * than our patience is for the gateway and the supervisor to deal with.
 */
async function untilAccepting(
  { url, world, instances }: Status,
  needs: readonly Pick<NeedReport, 'state'>[],
): Promise<void> {
  // What has no process while a need is away waits for that, and may do so for long.
  const isLacking = needs.some(({ state }) => state !== null && state !== 'healthy')
  const live = instances.filter(
    ({ release, port, pid }) => release === world.live && port !== null && !(isLacking && pid === null),
  )
  const endpoints = [
    { host: '127.0.0.1', port: Number(new URL(url).port || 80) },
    ...live.map(({ host, port }) => ({ host, port: port! })),
  ]
  const deadline = Date.now() + START_MS
  for (const endpoint of endpoints) {
    while ((await connect(endpoint, LOOK_MS)) !== null && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS / 4))
  }
}

function logOf(stateFolder: string): string {
  return join(stateFolder, 'logs', 'control.log')
}

/** The entry file of control, in the same form as ours: `.ts` from the sources, `.js` from the package. */
function controlEntry(): string {
  return join(dirname(import.meta.filename), '..', 'control', `main${extname(import.meta.filename)}`)
}
