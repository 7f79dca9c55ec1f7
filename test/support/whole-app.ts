import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectKeeper } from '../../src/keeper/client.ts'
import type { KeeperState } from '../../src/keeper/protocol.ts'
import { processesOf } from './processes.ts'
import { root, until, type TestProject } from './project.ts'

export const INSTANCES = 2
export const WORKERS = 2

/** Where every migration notes the artifact it ran for. */
const MIGRATIONS = 'data/migrations.txt'

/** An app whose deploys have every kind of operation but `stop`: a need, build, migration, two instances, static files, smoke. */
export function wholeConfig(
  options: { env?: Record<string, string>; service?: object; environment?: object } = {},
): object {
  return {
    name: 'whole',
    needs: { notes: { kind: 'sqlite' } },
    services: {
      api: {
        path: 'api',
        build: 'node build.mjs',
        start: 'node plain.mjs',
        routes: ['/'],
        migrate: { expand: 'node migrate.mjs' },
        uses: { notes: 'required' },
        writable: ['data'],
        scale: { min: INSTANCES },
        health: { ready: '/health/readiness', interval: '1s', deadline: '20s', passes: 1 },
        env: { NAME: 'v1', ...options.env },
        grace: '5s',
        ...options.service,
      },
      web: { path: 'web', static: '.', routes: ['/web'] },
    },
    gateway: { listen: { http: 0 }, accessLog: false, workers: WORKERS },
    environments: {
      local: {
        target: 'process',
        // A busy machine must not be taken for a slow release.
        watch: { for: '500ms', warm: '10min', p95: '100x' },
        smoke: [{ request: 'GET /built', expect: { status: 200 } }],
        drain: '2s',
        ...options.environment,
      },
    },
  }
}

/** Writes the app's folders; each edition has files of its own, and so makes artifacts of its own. */
export function writeEdition(project: TestProject, edition: string): void {
  for (const folder of ['api', 'web']) mkdirSync(join(project.folder, folder), { recursive: true })
  const write = (file: string, text: string): void => writeFileSync(join(project.folder, file), text)
  cpSync(join(root, 'test/fixtures/services/plain.mjs'), join(project.folder, 'api/plain.mjs'))
  write('api/edition.txt', edition)
  write('api/build.mjs', `import { cpSync } from 'node:fs'\ncpSync('edition.txt', 'built.txt')\nconsole.log('built')\n`)
  write(
    'api/migrate.mjs',
    `import { appendFileSync } from 'node:fs'\nimport { basename } from 'node:path'\n` +
      `if (!process.env.REHEARSAL) appendFileSync('${MIGRATIONS}', basename(process.cwd()) + '\\n')\n`,
  )
  write('web/index.html', `<!doctype html><title>${edition}</title>`)
}

/** How often the migration ran for each artifact. */
export function migrationRuns(project: TestProject): ReadonlyMap<string, number> {
  const file = join(project.stateFolder, 'data/api', MIGRATIONS)
  const runs = new Map<string, number>()
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  for (const line of lines) runs.set(line, (runs.get(line) ?? 0) + 1)
  return runs
}

export async function keeperState(project: TestProject): Promise<KeeperState> {
  const keeper = await connectKeeper(project.stateFolder)
  const state = await keeper.list()
  keeper.close()
  return state
}

/** One healthy release is live, nothing else runs but it and its warm predecessor, and no folder is without an owner. */
export async function assertWhole(
  project: TestProject,
  live: string,
  programs: readonly string[] = ['api'],
): Promise<void> {
  const status = await project.status()
  assert.equal(status.world.live, live)
  assert.equal(status.running, null, 'an unfinished deploy is left')
  assert.equal(status.lease, null, 'a lease is left')
  for (const program of programs) {
    const running = status.instances.filter(
      ({ release, service, state, pid }) =>
        release === live && service === program && state === 'running' && pid !== null,
    )
    assert.equal(running.length, INSTANCES, `${program} of ${live} has not all its instances`)
  }
  const { live: _, warm } = status.world
  for (const { id, release } of status.instances) assert.ok([live, warm].includes(release), `${id} should be gone`)

  const wanted = new Set([
    (await keeperState(project)).pid,
    status.controlPid,
    ...status.gateway.map(({ pid }) => pid),
    ...status.instances.map(({ pid }) => pid),
  ])
  const strangers = (): readonly string[] =>
    processesOf(project.folder)
      .filter(({ pid }) => !wanted.has(pid))
      .map(({ pid, command }) => `${pid} ${command}`)
  // A process that was just killed may still be in the list.
  await until(() => strangers().length === 0, `no other process than ${strangers().join('; ')}`, 5_000)

  const { releases } = await project.control.call('release.list', { onceLive: false })
  const artifacts = new Set(releases.flatMap((release) => Object.values(release.artifacts)))
  const folders = readdirSync(join(project.stateFolder, 'releases'))
  assert.deepEqual(
    folders.filter((name) => !artifacts.has(name)),
    [],
    'artifacts of no release',
  )
  assert.deepEqual(
    readdirSync(join(project.stateFolder, 'instances')).toSorted(),
    status.instances.map(({ id }) => id).toSorted(),
  )
}

/** Gives every worker's and every instance's pid, to see later who was restarted. */
export async function pidsOf(
  project: TestProject,
): Promise<{ workers: readonly number[]; instances: readonly number[] }> {
  const { gateway, instances } = await project.status()
  return {
    workers: gateway.map(({ pid }) => pid ?? 0).toSorted((one, other) => one - other),
    instances: instances.map(({ pid }) => pid ?? 0).toSorted((one, other) => one - other),
  }
}
