import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig } from './index.ts'
import { mergeOverrides } from './merge.ts'
import { formatPath, type Path } from './path.ts'
import { appSchema } from './schema/app.ts'
import { configValues } from './values.ts'

const checked = checkConfig(
  {
    name: 'shop',
    needs: { db: { kind: 'postgres', size: '20GiB' } },
    services: {
      api: {
        start: 'node main.ts',
        routes: ['/api'],
        uses: { db: 'required' },
        scale: { min: 2, max: 4 },
        env: { TOKEN: 'from-somewhere' },
        health: { interval: '2s' },
      },
    },
    gateway: { timeouts: { connect: '1s' }, routes: { '/api': { timeout: '5s' } } },
    guard: { limits: [{ per: 'client', allow: '10/s' }] },
    promises: {
      queue: { on: { service: 'api' }, freshness: { within: '30s', metric: 'lag_seconds' }, latency: { p95: '200ms' } },
    },
    backups: { db: { every: '6h', to: ['file:b'] } },
    environments: {
      local: {
        target: 'process',
        overrides: { services: { api: { scale: { min: 3 } } } },
      },
      other: { target: 'docker', host: 'ssh://me:hunter2@example.com', drain: '7s' },
    },
  },
  '/app/seaworthy.config.ts',
)
const values = configValues(checked, 'local')
const at = (path: string) => values.filter((value) => formatPath(value.path) === path)

void test('each value says whether it was written, comes from the environment or is a default', () => {
  const told = (path: string) => at(path).map(({ written, origin, at: place }) => [written, origin, place])
  assert.deepEqual(told('promises.queue.latency.p95'), [['200ms', 'written', 'promises.queue.latency.p95']])
  assert.deepEqual(told('services.api.scale.min'), [
    ['3', 'override', 'environments.local.overrides.services.api.scale.min'],
  ])
  assert.deepEqual(told('services.api.scale.max'), [['4', 'written', 'services.api.scale.max']])
  assert.deepEqual(told('services.api.health.interval'), [['2s', 'written', 'services.api.health.interval']])
  assert.deepEqual(told('services.api.health.timeout'), [['3s', 'default', null]])
  assert.deepEqual(told('gateway.timeouts.firstByte'), [['30s', 'default', null]])
  assert.deepEqual(told("gateway.routes['/api'].timeout"), [['5s', 'written', "gateway.routes['/api'].timeout"]])
  assert.deepEqual(told('guard.limits[0].allow'), [['10/s', 'written', 'guard.limits[0].allow']])
  assert.deepEqual(told('promises.queue.freshness.within'), [['30s', 'written', 'promises.queue.freshness.within']])
  assert.deepEqual(told('environments.local.witness.rate'), [['10/s', 'default', null]])
  assert.deepEqual(told('environments.local.canary.steps'), [['["5%","25%","50%"]', 'default', null]])
  assert.deepEqual(told('gateway.workers'), [[null, 'default', null]])
  assert.match(at('gateway.workers')[0]!.meaning, /Default: one for each core/)
  assert.deepEqual(told('environments.other.drain'), [], 'what another environment has')
})

void test('no variable and no password of a URL is shown', () => {
  const other = configValues(checked, 'other')
  assert.equal(/from-somewhere|hunter2/.test(JSON.stringify([values, other])), false)
  const host = other.find(({ path }) => path.at(-1) === 'host')
  assert.deepEqual(
    [at('services.api.env.TOKEN')[0]!.written, host!.written],
    ['(not shown)', 'ssh://me:[password]@example.com'],
  )
})

/** Paths of all numbers that a config comes to. */
function numbersOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value === 'number') return [path]
  if (Array.isArray(value)) return value.flatMap((each, index) => numbersOf(each, [...path, index]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) => numbersOf(each, [...path, key]))
}

void test('every number that the config comes to has its value here', () => {
  const merged = mergeOverrides(checked.app, checked.app.environments['local']!)
  const numbers = numbersOf(appSchema.parse(merged)).filter(([top, name]) => top !== 'environments' || name === 'local')
  const known = new Set(values.map(({ path }) => JSON.stringify(path)))
  const overridden = (path: Path) => path.includes('overrides')
  // '10/s' is one value and two numbers, a list of shares one value of three.
  const isKnown = (path: Path) =>
    path.some((_key, index) => known.has(JSON.stringify(path.slice(0, path.length - index))))
  assert.ok(numbers.length > 40, String(numbers.length))
  assert.deepEqual(numbers.filter((path) => !overridden(path) && !isKnown(path)).map(formatPath), [])
})
