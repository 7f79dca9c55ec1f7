import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResolvedApp, ResolvedNeed, ResolvedService } from '../config/resolved.ts'
import { journalPoints, makePlan, type PlanInput } from './plan.ts'
import type { Release } from './release.ts'

function service(overrides: Partial<ResolvedService> = {}): ResolvedService {
  return {
    path: '.',
    build: null,
    run: { kind: 'program', argv: ['node', 'main.js'] },
    port: null,
    templates: {},
    routes: [{ host: null, path: '/' }],
    protocol: 'http1',
    affinity: 'none',
    health: {
      ready: { kind: 'default' },
      live: null,
      startup: null,
      expect: { status: null, body: null },
      intervalMs: 5000,
      timeoutMs: 3000,
      passes: 2,
      failures: 3,
      deadlineMs: 300_000,
    },
    env: {},
    secrets: [],
    migrate: { expand: null, contract: null },
    instances: 1,
    scale: { min: 1, max: 1, cpu: null, memory: null, perSecond: null, queue: null },
    uses: {},
    cpu: null,
    memoryBytesMax: null,
    graceMs: 30_000,
    writable: [],
    ...overrides,
  }
}

function release(sequence: number, services: Record<string, ResolvedService>, file = 'a'): Release {
  const config: ResolvedApp = {
    name: 'shop',
    environment: 'local',
    target: 'process',
    domain: null,
    strategy: 'blue-green',
    services,
    gateway: {
      http: 8080,
      tls: null,
      compress: true,
      workers: null,
      trustedProxies: [],
      timeouts: { connectMs: 1, firstByteMs: 1, requestMs: 1, idleMs: 1, websocketIdleMs: 1 },
      bodyBytesMax: 1,
      routes: [],
      accessLog: true,
      pause: { queue: 1000, bytesMax: 67_108_864, waitMs: 30_000 },
    },
    guard: {
      threats: 'block',
      routes: [],
      exceptions: [],
      limits: [],
      connectionsPerClient: null,
      identity: null,
      lockout: { after: 10, withinMs: 300_000, forMs: 900_000 },
      block: [],
      allow: [],
      feeds: [],
      headers: {},
      cors: null,
    },
    drainMs: 30_000,
    watch: { forMs: 60_000, errors: 0.01, p95Ratio: 1.5, sample: 20, warmMs: 600_000 },
    smoke: [],
    witness: { requests: [], perSecond: 10 },
    needs: {},
    canary: { steps: [0.05, 0.25, 0.5], everyMs: 60_000, sample: 200 },
    hooks: { before: null, after: null, failed: null },
    approval: false,
  }
  const artifacts = Object.fromEntries(Object.keys(services).map((name) => [name, `${name}-${file}`]))
  return { id: `${sequence}-x`, sequence, digest: 'x', config, artifacts, secrets: {}, migrationLevel: 0, createdAt: 0 }
}

function planned(overrides: Partial<PlanInput>): ReturnType<typeof makePlan> {
  const next = overrides.next ?? release(2, { api: service() }, 'b')
  const live = overrides.live === undefined ? release(1, { api: service() }) : overrides.live
  return makePlan({
    kind: 'deploy',
    world: { live: live?.id ?? null, warm: null, sequence: live?.sequence ?? 0 },
    live,
    next,
    nextIsWarm: false,
    migrates: [],
    prepared: [],
    ...overrides,
  })
}

const ids = (plan: ReturnType<typeof makePlan>): readonly string[] => plan.operations.map(({ id }) => id)

test('a first deploy has nothing to watch, to drain or to stop', () => {
  assert.deepEqual(ids(planned({ live: null })), ['prepare:api', 'start:api', 'gate:api', 'switch', 'retire'])
})

test('a deploy keeps the old release warm and stops the one before it', () => {
  const plan = planned({ world: { live: '1-x', warm: '0-x', sequence: 1 } })
  assert.deepEqual(ids(plan), ['prepare:api', 'start:api', 'gate:api', 'switch', 'watch', 'drain', 'retire'])
  assert.deepEqual(plan.retires, ['0-x'])
  assert.match(plan.operations.at(-1)!.because, /stop 0-x; 1-x stays warm for 600 s/)
  assert.deepEqual(plan.changes, [{ path: 'files.api', from: 'api-a', to: 'api-b' }])
})

test('a canary deploy has its trial between smoke and switch; going back or restarting has none', () => {
  const withTrial = (of: Release): Release => ({ ...of, config: { ...of.config, strategy: 'canary' } })
  const [live, next] = [withTrial(release(1, { api: service() })), withTrial(release(2, { api: service() }, 'b'))]
  const plan = planned({ live, next })
  assert.deepEqual(ids(plan), ['prepare:api', 'start:api', 'gate:api', 'canary', 'switch', 'watch', 'drain', 'retire'])
  const trial = plan.operations.find(({ kind }) => kind === 'canary')!
  assert.equal(trial.by, 'control')
  assert.match(
    trial.because,
    /^5 %, 25 %, 50 % of the clients for 60 s each and 200 answers; more than 1 % errors or 1.5 x/,
  )
  for (const kind of ['rollback', 'restart'] as const) assert.ok(!ids(planned({ kind, live, next })).includes('canary'))
  assert.ok(ids(planned({ kind: 'rotate', live, next })).includes('canary'), 'a value may be as wrong as a program')
  assert.ok(!ids(planned({ live: null, next })).includes('canary'))
})

test('a service that cannot run beside its next release allows no trial', () => {
  const fixed = (sequence: number, file: string): Release => {
    const of = release(sequence, { api: service({ port: 9000 }), web: service() }, file)
    return { ...of, config: { ...of.config, strategy: 'canary' } }
  }
  const plan = planned({ live: fixed(1, 'a'), next: fixed(2, 'b') })
  assert.ok(!ids(plan).includes('canary'))
  const { because } = plan.operations.find(({ kind }) => kind === 'switch')!
  assert.equal(because, 'all traffic from 1-x to 2-x, without a trial: api cannot run beside its next release')
})

test('a migration runs before anything is started', () => {
  const order = ids(planned({ migrates: ['api'] }))
  assert.ok(order.indexOf('migrate:api') > order.indexOf('prepare:api'))
  assert.ok(order.indexOf('migrate:api') < order.indexOf('start:api'))
})

test('a program with a fixed port is stopped first, and the plan says that this is downtime', () => {
  const fixed = { api: service({ port: 9000 }) }
  const plan = planned({ live: release(1, fixed), next: release(2, fixed, 'b') })
  assert.deepEqual(ids(plan).slice(0, 4), ['prepare:api', 'stop:api', 'start:api', 'gate:api'])
  assert.match(plan.downtime[0]!.because, /insists on port 9000.*503/)
})

for (const target of ['docker', 'kubernetes'] as const) {
  test(`on ${target} a fixed port is each instance's own: nothing is stopped for it, unless the strategy says so`, () => {
    const fixed = { api: service({ port: 9000 }) }
    const on = (sequence: number, file: string, strategy: ResolvedApp['strategy']): Release => {
      const one = release(sequence, fixed, file)
      return { ...one, config: { ...one.config, target, strategy } }
    }
    const beside = planned({ live: on(1, 'a', 'blue-green'), next: on(2, 'b', 'blue-green') })
    assert.deepEqual(beside.downtime, [])
    assert.ok(!beside.operations.some(({ kind }) => kind === 'stop'))
    const instead = planned({ live: on(1, 'a', 'recreate'), next: on(2, 'b', 'recreate') })
    assert.match(instead.downtime[0]!.because, /^strategy 'recreate': it answers 503/)
    assert.equal(instead.operations.find(({ kind }) => kind === 'stop')?.because, "strategy 'recreate'")
  })
}

test('files that are in place are not prepared again; static files are never started', () => {
  const services = { api: service(), web: service({ run: { kind: 'static', folder: 'web' } }) }
  const plan = planned({ live: null, next: release(1, services), prepared: ['api-a'] })
  assert.deepEqual(ids(plan), ['prepare:web', 'start:api', 'gate:api', 'switch', 'retire'])
})

test('as a container or a pod static files and images are instances like any other', () => {
  const services = {
    web: service({ run: { kind: 'static', folder: 'web' } }),
    mail: service({ run: { kind: 'image', image: 'mail:1' } }),
  }
  const next = release(1, services)
  const plan = planned({ live: null, next: { ...next, config: { ...next.config, target: 'docker' } } })
  const instances = ['start:web', 'start:mail', 'gate:web', 'gate:mail']
  assert.deepEqual(ids(plan), ['prepare:web', 'prepare:mail', ...instances, 'switch', 'retire'])
  assert.equal(plan.operations[1]!.because, 'new: have the image mail:1')
})

test('what somebody has stopped has no instance in the next release either', () => {
  const services = { api: service(), jobs: service({ port: 9000 }) }
  const [live, next] = [release(1, services), release(2, services, 'b')]
  const plan = planned({ live, next, stopped: ['jobs'], prepared: Object.values(next.artifacts) })
  const rest = ['switch', 'watch', 'drain', 'retire']
  assert.deepEqual(ids(plan), ['start:api', 'start:jobs', 'gate:api', ...rest])
  assert.equal(plan.operations[1]!.because, 'stopped on purpose: no instance')
  const there: Release = { ...next, config: { ...next.config, target: 'docker' } }
  const onDocker = planned({ live, next: there, stopped: ['jobs'], prepared: Object.values(next.artifacts) })
  assert.deepEqual(ids(onDocker), ['start:api', 'gate:api', ...rest])
})

test('going back to a warm release is a gate and a switch; the release that was left is stopped', () => {
  const plan = planned({
    kind: 'rollback',
    live: release(2, { api: service() }, 'b'),
    next: release(1, { api: service() }),
    world: { live: '2-x', warm: '1-x', sequence: 2 },
    nextIsWarm: true,
  })
  assert.deepEqual(ids(plan), ['gate:api', 'switch', 'drain', 'retire'])
  assert.deepEqual(plan.retires, ['2-x'])
})

test('a restart stops the instances that it replaced and leaves the warm release alone', () => {
  const plan = planned({
    kind: 'restart',
    next: release(2, { api: service() }),
    world: { live: '1-x', warm: '0-x', sequence: 1 },
  })
  assert.deepEqual(plan.retires, ['1-x'])
  assert.deepEqual(plan.changes, [])
})

test('a rotation is watched like a deploy, and nothing with the old value stays warm', () => {
  const live = { ...release(1, { api: service() }), secrets: { JWT_KEY: 'one' } }
  const next = { ...release(2, { api: service() }), secrets: { JWT_KEY: 'two' } }
  const plan = planned({
    kind: 'rotate',
    live,
    next,
    prepared: ['api-a'],
    world: { live: '1-x', warm: '0-x', sequence: 1 },
  })
  assert.deepEqual(ids(plan), ['start:api', 'gate:api', 'switch', 'watch', 'drain', 'retire'])
  assert.deepEqual(plan.retires, ['1-x', '0-x'])
  assert.equal(plan.operations.at(-1)!.because, 'stop 1-x, 0-x')
  assert.deepEqual(plan.changes, [{ path: 'secrets.JWT_KEY', from: 'one', to: 'two' }])
})

test('a migration says on what it is rehearsed; going back says what is not undone', () => {
  const plan = planned({ migrates: ['api'], rehearsals: { api: 'rehearsed on a copy of db (sqlite, all data)' } })
  assert.match(plan.operations.find(({ kind }) => kind === 'migrate')!.because, /variables; rehearsed on a copy of db/)
  const live = { ...release(2, { api: service() }, 'b'), migrationLevel: 2 }
  const back = planned({ kind: 'rollback', live, next: release(1, { api: service() }), nextIsWarm: true })
  assert.match(
    back.operations.find(({ kind }) => kind === 'switch')!.because,
    /from 2-x to 1-x; 2 expanding migrations are not undone/,
  )
})

test('every operation has a cause, and two journal points', () => {
  const plan = planned({})
  assert.ok(plan.operations.every(({ because }) => because.length > 0))
  assert.equal(journalPoints(plan).length, 2 * plan.operations.length)
  assert.deepEqual(journalPoints(plan)[0], { operation: 'prepare:api', point: 'begin' })
})

test('the hook before comes first; going back and starting again do not wait for it', () => {
  const withHook = (one: Release): Release => ({
    ...one,
    config: { ...one.config, hooks: { before: ['node', 'check.ts'], after: null, failed: null } },
  })
  const next = withHook(release(2, { api: service() }, 'b'))
  assert.deepEqual(planned({ next }).operations[0], {
    id: 'hook:before',
    kind: 'hook',
    service: null,
    by: 'cli',
    because: '`node check.ts` has to succeed before anything is touched',
  })
  for (const kind of ['rollback', 'restart', 'rotate'] as const)
    assert.ok(!ids(planned({ kind, next })).includes('hook:before'), kind)
})

test('a build is shown as the command that a shell would take', () => {
  const build = ['sh', '-c', 'npm ci && npm run build']
  const prepare = planned({ next: release(2, { api: service({ build }) }, 'b') }).operations[0]!
  assert.match(prepare.because, /: copy and build with `sh -c 'npm ci && npm run build'`$/)
})

test('the hash covers the plan: another file, another hash', () => {
  assert.notEqual(planned({}).hash, planned({ next: release(2, { api: service() }, 'c') }).hash)
  assert.equal(planned({}).hash, planned({}).hash)
})

test('needs come before anything is built, and only those that a program uses', () => {
  const uses = { db: 'required', cache: 'optional' } as const
  const base = release(2, { api: service({ uses }), web: service({ run: { kind: 'static', folder: '.' } }) }, 'b')
  const need = { kind: 'postgres', version: null, url: null, role: 'store', bytesMax: null } as const
  const needs = { cache: { ...need, kind: 'redis' as const }, db: need, idle: need }
  const next: Release = { ...base, config: { ...base.config, needs } }
  const plan = planned({ next })
  assert.deepEqual(
    plan.operations.slice(0, 3).map(({ id, need: about, because }) => [id, about, because]),
    [
      ['need:cache', 'cache', 'optional for api'],
      ['need:db', 'db', 'running and healthy: required by api'],
      ['prepare:api', undefined, 'files changed: copy'],
    ],
  )
  const bus = { ...need, kind: 'kafka' } as const
  const becauseOf = (db: ResolvedNeed, target: 'process' | 'docker'): string =>
    planned({ next: { ...base, config: { ...base.config, target, needs: { ...needs, db } } } }).operations[1]!.because
  const label = 'not verified: no test has run apache/kafka:'
  assert.equal(becauseOf(bus, 'docker'), `running and healthy: required by api; ${label}4.1.1`)
  assert.equal(becauseOf({ ...bus, version: '4.2.0' }, 'docker'), `running and healthy: required by api; ${label}4.2.0`)
  assert.equal(becauseOf({ ...bus, url: 'BUS' }, 'docker'), 'running and healthy: required by api')
  assert.equal(becauseOf(bus, 'process'), 'running and healthy: required by api')
  // Warm instances have what they need.
  assert.ok(!ids(planned({ kind: 'rollback', next, nextIsWarm: true })).some((id) => id.startsWith('need:')))
})
