/** `promote`: what is live and proven in one environment, to the last built byte, under the config of another. */
import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectControl } from '../../src/control/api/client.ts'
import type { Status } from '../../src/control/api/contract.ts'
import type { DeployRecord } from '../../src/deploy/journal.ts'
import { planHash } from '../../src/deploy/plan-hash.ts'
import type { Plan } from '../../src/deploy/plan.ts'
import { socketPath } from '../../src/keeper/paths.ts'
import { plainConfig, TestProject, type CommandResult } from '../support/project.ts'

/** No two builds of it are alike. */
const BUILD = `
import { randomUUID } from 'node:crypto'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
mkdirSync('dist/empty', { recursive: true })
writeFileSync('dist/stamp', randomUUID())
symlinkSync('stamp', 'dist/link')
`
/** Says what it was built as, and under which config it runs. */
const SERVER = `
import { createServer } from 'node:http'
import { readFileSync, writeFileSync } from 'node:fs'
const stamp = readFileSync('dist/link', 'utf8')
writeFileSync('data/mark', process.env.PLACE)
createServer((_, response) =>
  response.end(JSON.stringify({ version: VERSION, stamp, place: process.env.PLACE, key: process.env.KEY })),
).listen(process.env.PORT, '127.0.0.1')
`
const server = (version: number): string => SERVER.replace('VERSION', String(version))

const ENVIRONMENT = { target: 'process', watch: { for: '300ms', sample: 1 }, drain: '1s' }

function configOf({ service = {}, production = {} }: { service?: object; production?: object } = {}): object {
  const api = {
    build: 'node build.mjs',
    start: 'node server.mjs',
    writable: ['data'],
    secrets: ['PLACE', 'KEY'],
    health: { ready: '/', interval: '1s', deadline: '20s' },
    ...service,
  }
  return {
    ...(plainConfig({ service: { ...api, env: {} } }) as { services: object }),
    environments: { staging: ENVIRONMENT, production: { ...ENVIRONMENT, ...production } },
  }
}

/** Ends both before the project does. */
class TwoPlaces extends TestProject {
  constructor(config: object) {
    super(config, { 'build.mjs': BUILD, 'server.mjs': server(1) }, '.seaworthy/production')
    this.configure(config)
  }

  in(place: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
    return this.run(args, { PLACE: place, KEY: `key of ${place}`, ...env })
  }

  async mustIn(place: string, args: readonly string[]): Promise<CommandResult> {
    return this.must(args, { PLACE: place, KEY: `key of ${place}` })
  }

  of(place: string): Promise<Status> {
    const control = connectControl(socketPath(join(this.folder, '.seaworthy', place), 'control'))
    return control.call('status', {}).finally(() => control.close())
  }

  async ask(place: string): Promise<Answer> {
    const { url } = await this.of(place)
    return (await (await fetch(url)).json()) as Answer
  }

  artifact(place: string, hash: string): string {
    return join(this.folder, '.seaworthy', place, 'releases', hash)
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    for (const place of ['staging', 'production']) await this.run(['stop', place])
    await super[Symbol.asyncDispose]()
  }
}

interface Answer {
  readonly version: number
  readonly stamp: string
  readonly place: string
  readonly key: string
}

const PROMOTE = ['promote', 'staging', 'production']

void test('what is proven in staging is in production, whatever the folder holds by then', async () => {
  await using project = new TwoPlaces(configOf())
  refused(await project.in('production', PROMOTE), /\[environment\.down\]/)
  await project.mustIn('staging', ['up', 'staging', '--detach', '--empty'])
  refused(await project.in('production', PROMOTE), /nothing is live in staging +\[promote\.nothing-live\]/)
  await project.mustIn('staging', ['deploy', 'staging'])
  refused(
    await project.in('production', PROMOTE),
    /\[environment\.down\]\n→ .*`seaworthy up production --detach --empty`/,
  )
  const empty = await project.mustIn('production', ['up', 'production', '--detach', '--empty'])
  assert.match(empty.stdout, /nothing is live: .*`seaworthy promote` brings the first release/)
  const proven = (await project.of('staging')).world.live!
  const asked = await project.ask('staging')

  writeFileSync(join(project.folder, 'server.mjs'), server(2))
  const planned = await project.mustIn('production', [...PROMOTE, '--dry-run'])
  assert.match(planned.stdout, new RegExp(`nothing is live; next: 1-\\w+, promoted from staging, release ${proven}`))
  assert.match(planned.stdout, /prepare:api +cli +as staging runs it: copy what was built for/)
  assert.equal((await project.of('production')).world.live, null)
  const done = await project.mustIn('production', PROMOTE)
  assert.match(done.stdout, new RegExp(`promoted from staging, release ${proven}`))

  const own = { place: 'production', key: 'key of production' }
  assert.deepEqual(await project.ask('production'), { ...asked, ...own })
  const { world, promoted, last } = await project.of('production')
  const { artifacts } = last!.plan.release
  assert.deepEqual(artifacts, (await project.of('staging')).last!.plan.release.artifacts)
  assert.deepEqual([promoted!.environment, promoted!.release], ['staging', proven])
  assert.deepEqual(proofOf(last!).promoted, { environment: 'staging', release: proven })
  assert.match((await project.must(['status', 'production'])).stdout, /promoted from staging, release 1-/)
  // Built once, with everything that a build leaves; what the service writes stays with each environment.
  const folder = project.artifact('production', artifacts['api']!)
  assert.deepEqual(readdirSync(join(folder, 'dist')).toSorted(), ['empty', 'link', 'stamp'])
  assert.equal(readFileSync(join(folder, 'data', 'mark'), 'utf8'), 'production')
  const there = project.artifact('staging', artifacts['api']!)
  assert.equal(readFileSync(join(there, 'data', 'mark'), 'utf8'), 'staging')
  for (const sealed of ['dist', 'dist/stamp']) assert.equal(statSync(join(folder, sealed)).mode & 0o222, 0)

  const again = await project.mustIn('production', PROMOTE)
  assert.match(again.stdout, new RegExp(`nothing changed: ${world.live} is live and the same as ${proven} of staging`))

  // The next one, and back again: a promoted release is a release like any other.
  await project.mustIn('staging', ['deploy', 'staging'])
  const killed = await project.in('production', PROMOTE, { SEAWORTHY_CRASH_AT: 'prepare:api:begin' })
  assert.equal(killed.signal, 'SIGKILL')
  await project.mustIn('production', ['deploy', 'production', '--resume'])
  const second = await project.ask('production')
  assert.deepEqual([second.version, second.stamp], [2, (await project.ask('staging')).stamp])
  await project.mustIn('production', ['rollback', 'production'])
  assert.deepEqual(await project.ask('production'), { ...asked, ...own })
})

void test('what is not proven, does not fit, is gone or was changed is refused by name', async () => {
  await using project = new TwoPlaces(configOf())
  await project.mustIn('staging', ['up', 'staging', '--detach'])
  await project.mustIn('production', ['up', 'production', '--detach', '--empty'])
  refused(await project.in('staging', ['promote', 'staging', 'staging']), /promoted to itself +\[cli\.usage\]/, 2)

  project.configure(configOf({ service: { start: 'node server.mjs now' } }))
  const differs = await project.in('production', PROMOTE)
  refused(differs, /\[promote\.services-differ\]\n +api: `start` differs\n→ .*`seaworthy deploy staging`/)
  const bound = { services: { api: { env: { API_URL: 'https://secret.example.com' } } } }
  project.configure(configOf({ production: { overrides: bound } }))
  const refusal = await project.in('production', PROMOTE)
  refused(refusal, /\[promote\.build-bound\]\n +api: its build was given another API_URL\n→ .*`secrets`/)
  assert.doesNotMatch(refusal.stderr, /example\.com/)
  project.configure(
    configOf({ production: { target: 'docker', overrides: { gateway: { listen: { http: 18_080 } } } } }),
  )
  refused(await project.in('production', PROMOTE), /\[promote\.other-ground\]/)

  // Built here of the same files, and come out otherwise.
  project.configure(configOf())
  await project.mustIn('production', ['deploy', 'production'])
  refused(await project.in('production', PROMOTE), /\[promote\.files-differ\]/)
  const live = (await project.of('production')).world.live
  assert.ok(live?.startsWith('1-'))

  // Between the plan and its deploy somebody changes what was proven; then it is gone.
  writeFileSync(join(project.folder, 'server.mjs'), server(3))
  await project.mustIn('staging', ['deploy', 'staging'])
  await project.mustIn('production', [...PROMOTE, '--out', '.seaworthy/plan.json'])
  const hash = (await project.of('staging')).last!.plan.release.artifacts['api']!
  const stamp = join(project.artifact('staging', hash), 'dist', 'stamp')
  chmodSync(stamp, 0o644)
  writeFileSync(stamp, 'other')
  const planned = ['deploy', 'production', '--plan', '.seaworthy/plan.json']
  refused(await project.in('production', planned), /the files of api are not those that were proven +\[promote\.files-/)
  assert.equal(existsSync(project.artifact('production', hash)), false)
  assert.equal((await project.of('production')).world.live, live)

  // On its way: no verdict yet.
  const slow = { ...ENVIRONMENT, watch: { for: '30s', sample: 1 } }
  project.configure({ ...configOf(), environments: { staging: slow, production: ENVIRONMENT } })
  writeFileSync(join(project.folder, 'server.mjs'), server(4))
  const { pid, ended } = project.start(['deploy', 'staging'], { PLACE: 'staging', KEY: 'key of staging' })
  while ((await project.of('staging')).running === null) await new Promise((resolve) => setTimeout(resolve, 50))
  refused(await project.in('production', PROMOTE), /not proven: d\d is not over +\[promote\.not-proven\]/)
  process.kill(pid, 'SIGINT')
  await ended
})

void test('what was approved is one build of what was proven, and no other', async () => {
  await using project = new TwoPlaces(configOf({ production: { approval: true } }))
  await project.mustIn('staging', ['up', 'staging', '--detach'])
  await project.mustIn('production', ['up', 'production', '--detach'])
  const file = join(project.folder, '.seaworthy/plan.json')
  const deploy = (): Promise<CommandResult> => project.in('production', ['deploy', 'production', '--plan', file])
  const without =
    /\[deploy\.not-approved\]\n[^→]*make one to hand on: seaworthy promote staging production --out \.seaworthy/
  refused(await project.in('production', PROMOTE), without)
  const planned = await project.mustIn('production', [...PROMOTE, '--out', file])
  assert.match(planned.stdout, /seaworthy approve .*plan\.json production\nThen: seaworthy deploy production --plan/)
  refused(await deploy(), /nobody has given one +\[deploy\.not-approved\]/)
  const plan = JSON.parse(readFileSync(file, 'utf8')) as Plan
  const { promoted } = plan.release
  const { approval } = await project.control.call('approval.give', { plan, by: 'otto@elsewhere (pid 1)' })

  const other = { ...plan, release: { ...plan.release, promoted: { ...promoted!, made: { api: 'f'.repeat(64) } } } }
  for (const hash of [plan.hash, planHash(other)]) {
    writeFileSync(file, JSON.stringify({ ...other, hash }))
    refused(await deploy(), hash === plan.hash ? /\[deploy\.plan-altered\]/ : /\[deploy\.not-approved\]/)
  }
  writeFileSync(file, JSON.stringify(plan))
  const { code, stdout, stderr } = await deploy()
  assert.equal(code, 0, stderr)
  assert.match(stdout, /promoted from staging, release .*\n +plan [0-9a-f]{12} approved by otto@elsewhere/)
  assert.equal((await project.ask('production')).stamp, (await project.ask('staging')).stamp)
  const proof = proofOf((await project.of('production')).last!)
  assert.deepEqual(proof.approval, { by: approval.by, at: approval.at, planHash: plan.hash })
  refused(await deploy(), /\[deploy\.moved\]/, 3)
})

function proofOf({ proof }: DeployRecord): NonNullable<DeployRecord['proof']> {
  assert.ok(proof)
  return proof
}

function refused({ code, stdout, stderr }: CommandResult, message: RegExp, expected = 1): void {
  assert.equal(code, expected, `${stdout}\n${stderr}`)
  assert.match(stderr, message)
}
