import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expandWords } from '../core/words.ts'
import type { Release } from '../deploy/release.ts'
import { telemetryVariables } from '../deploy/telemetry-variables.ts'
import { wantedInstances } from '../deploy/wanted.ts'
import { pickPort } from './ports.ts'
import type { InstanceRow, State } from './state.ts'

/** Instances of the process target are reached by the gateway on the same machine, and by nobody else. */
const HOST = '127.0.0.1'

export interface Launch {
  readonly release: Release
  readonly service: string
  readonly artifactFolder: string
  /** The PATH under which programs are looked up. */
  readonly path: string
}

/** Works out the instances that a release's service still lacks: ports, variables, files rendered from templates. */
export async function makeInstances(
  launch: Launch,
  folder: string,
  state: State,
  now: number,
): Promise<readonly InstanceRow[]> {
  const { release, service } = launch
  const all = state.instances()
  const leaving = state.get('outside')
  const existing = all.filter(
    (row) => row.release === release.id && row.service === service && leaving[row.id] !== 'leaving',
  )
  const wanted = wantedInstances(service, release.config, state.get('scaled'))
  const taken = new Set(all.map(({ port }) => port ?? 0))
  const rows: InstanceRow[] = []
  while (existing.length + rows.length < wanted) {
    const port = await portOf(launch, taken)
    if (port !== null) taken.add(port)
    const number = state.nextNumber(`${service}@${release.id}`)
    rows.push(makeInstance(launch, folder, `${service}@${release.id}-${number}`, port, now))
  }
  return rows
}

async function portOf({ release, service }: Launch, taken: ReadonlySet<number>): Promise<number | null> {
  const { port, routes, health } = release.config.services[service]!
  if (port !== null) return port
  const isWorker = routes.length === 0 && health.ready.kind !== 'http'
  return isWorker ? null : pickPort(HOST, taken)
}

/** One instance as a row: on another port it is the same one. */
export function makeInstance(
  launch: Launch,
  folder: string,
  id: string,
  port: number | null,
  now: number,
): InstanceRow {
  const { release, service, artifactFolder, path } = launch
  const { run, env, graceMs, templates } = release.config.services[service]!
  if (run.kind !== 'program') throw new Error(`${service} has nothing to start`)
  const instanceFolder = join(folder, 'instances', id)
  const variables = {
    HOST,
    RELEASE: release.id,
    INSTANCE: id,
    INSTANCE_DIR: instanceFolder,
    ...(port === null ? {} : { PORT: String(port) }),
  }
  mkdirSync(instanceFolder, { recursive: true, mode: 0o700 })
  for (const [source, target] of Object.entries(templates)) {
    const text = readFileSync(join(artifactFolder, source), 'utf8')
    const file = join(instanceFolder, target)
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, renderTemplate(text, variables), { mode: 0o600 })
  }
  return {
    id,
    service,
    release: release.id,
    host: HOST,
    port,
    argv: expandWords(run.argv, variables) as [string, ...string[]],
    cwd: artifactFolder,
    env: { ...baseEnvironment(path), ...telemetryVariables(release.config, service), ...env, ...variables },
    graceMs,
    startedAt: now,
  }
}

/** What every instance gets; nothing else of the environment that control or the CLI run in reaches it. */
export function baseEnvironment(path: string): Record<string, string> {
  return {
    PATH: path,
    HOME: process.env['HOME'] ?? '/',
    LANG: process.env['LANG'] ?? 'C.UTF-8',
    NODE_ENV: 'production',
    // Python buffers its output by blocks when it goes to a file: a crash would lose the lines that explain it.
    PYTHONUNBUFFERED: '1',
  }
}

/** Replaces `$PORT` and `${PORT}` of the variables known here; every other `$name` is left alone: nginx has its own. */
export function renderTemplate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(?:\{([A-Z_]+)\}|([A-Z_]+))/g,
    (whole, braced: string | undefined, bare: string | undefined) => {
      return variables[braced ?? bare ?? ''] ?? whole
    },
  )
}
