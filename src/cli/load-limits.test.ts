import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig } from '../config/check.ts'
import { limitsFor } from './load-limits.ts'

const checked = checkConfig(
  {
    name: 'shop',
    services: {
      api: { start: 'node api.js', routes: ['/api'] },
      web: { start: 'node web.js', routes: ['/'] },
    },
    promises: {
      all: { on: { service: 'api' }, latency: { p95: '400ms', p99: '1s' }, errors: '1%' },
      orders: { on: { service: 'api', route: 'POST /api/orders' }, latency: { p95: '200ms' }, errors: '0.1%' },
      open: { on: { service: 'web' }, availability: '99.9%' },
    },
    environments: { local: { target: 'process' } },
  },
  '/app/seaworthy.config.json',
)
const of = (service: string, method: string, path: string, p95Ms: number | null = null) =>
  limitsFor({ checked, service, request: { method, host: null, path }, p95Ms })

void test('the strictest of the promises on a route counts, each with its own route and method', () => {
  assert.deepEqual(of('api', 'GET', '/api/orders'), {
    p50: null,
    p95: 400,
    p99: 1_000,
    errors: 0.01,
    from: 'promises: all',
  })
  assert.deepEqual(of('api', 'POST', '/api/orders/7?x=1'), {
    p50: null,
    p95: 200,
    p99: 1_000,
    errors: 0.001,
    from: 'promises: all, orders',
  })
  assert.equal(of('api', 'POST', '/api/ordersX').p95, 400)
})

void test('what is asked by hand counts alone, and where nothing is promised it has to be said', () => {
  assert.deepEqual(of('api', 'GET', '/api', 50), { p50: null, p95: 50, p99: null, errors: 0, from: '--p95' })
  assert.throws(() => of('web', 'GET', '/'), { code: 'load.no-limit', message: /GET \/ of web/ })
  assert.throws(
    () => limitsFor({ checked: null, service: null, request: { method: 'GET', host: null, path: '/' }, p95Ms: null }),
    { code: 'load.no-limit' },
  )
})
