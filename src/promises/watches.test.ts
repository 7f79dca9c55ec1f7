import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig, resolveEnvironment } from '../config/index.ts'
import { BUILT_IN_BOUNDS_MS, watchesOf } from './watches.ts'

void test('each promise on a service is counted with its limits, and each service with routes with the built-in ones', () => {
  const app = {
    name: 'shop',
    needs: { cache: { kind: 'redis', role: 'cache' }, db: { kind: 'postgres' } },
    services: {
      api: { start: 'node main.ts', routes: ['/api'], uses: { cache: 'optional', db: 'required' } },
      worker: { start: 'node worker.ts', health: { ready: 'node check.ts' } },
    },
    promises: {
      trade: {
        on: { service: 'api', route: 'POST /api/trades' },
        latency: { p99: '800ms', p95: '200ms' },
        without: { cache: { p95: '800ms' } },
      },
      all: { on: { service: 'api' }, errors: '1%' },
      data: { on: 'db', rpo: '6h' },
    },
    environments: { local: { target: 'process' } },
  }
  const resolved = resolveEnvironment(checkConfig(app, '/app/seaworthy.config.ts'), 'local')
  assert.deepEqual(watchesOf(resolved), [
    {
      id: 'trade',
      service: 'api',
      match: { method: 'POST', host: null, path: '/api/trades' },
      boundsMs: [200, 800],
    },
    { id: 'all', service: 'api', match: null, boundsMs: [] },
    { id: 'service/api', service: 'api', match: null, boundsMs: BUILT_IN_BOUNDS_MS },
  ])
  assert.deepEqual(watchesOf({ services: {} }), [], 'a release from before promises were known')
})
