import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineApp, postgres, redis, route, type App } from '../index.ts'
import { checkConfig } from './index.ts'
import type { Json } from './plain.ts'

// What counts here is that `tsc` accepts the first and refuses the lines marked below it.

const sample: App = defineApp({
  name: 'opinion-market',
  owner: { team: 'markets', pager: 'PAGER_URL' },

  needs: {
    db: postgres({ version: 17 }),
    cache: redis({ role: 'cache' }),
  },

  services: {
    api: {
      build: 'npm ci',
      start: 'node src/main.ts', // listens on $PORT
      routes: ['/api', '/ws'],
      health: { live: '/health/liveness', ready: '/health/readiness', startup: '/health/startup' },
      uses: { db: 'required', cache: 'optional' },
      migrate: { expand: 'node src/migrate.ts expand', contract: 'node src/migrate.ts contract' },
      scale: { min: 2, max: 10, cpu: '70%' },
      secrets: ['JWT_KEY'],
    },
    web: { static: 'web', routes: ['/'] },
  },

  guard: {
    threats: 'block',
    limits: [
      { per: 'client', allow: '10/s', burst: 20 },
      { on: 'POST /api/login', per: 'client', allow: '5/5min' },
    ],
    identity: { keys: 'API_KEYS', protect: ['/api/admin'] },
  },

  promises: {
    trade: {
      on: route('api', 'POST /api/trades'),
      availability: '99.9%',
      latency: { p95: '200ms' },
      errors: '0.1%',
      throughput: '300/s',
      without: { cache: { p95: '400ms' } },
    },
    data: { on: 'db', rpo: '6h', rto: '15min', keep: '30d' },
    operate: { on: 'operate', detect: '1min', rollback: '10s', deploy: { failed: 0 } },
  },

  backups: { db: { every: '6h', to: ['file:backups', 's3://acme-backups/markets'], verify: 'each' } },

  environments: {
    local: { target: 'process' },
    staging: { target: 'docker', host: 'ssh://deploy@staging.example.com', domain: 'staging.example.com' },
    production: { target: 'kubernetes', context: 'prod', domain: 'example.com', strategy: 'canary', approval: true },
  },
})

test('the sample of the design type-checks and is accepted', () => {
  const raw = JSON.parse(JSON.stringify(sample)) as Json
  assert.equal(checkConfig(raw, '/app/seaworthy.config.ts').app.name, 'opinion-market')
})

test('a slip is a type error', () => {
  const app: App = {
    name: 'shop',
    services: {
      // @ts-expect-error: unknown key
      api: { start: 'node main.ts', rotues: ['/'] },
      // @ts-expect-error: text instead of a number
      web: { static: 'web', scale: { min: '2' } },
    },
    environments: {
      // @ts-expect-error: unknown target
      local: { target: 'proces' },
    },
  }
  assert.throws(() => checkConfig(JSON.parse(JSON.stringify(app)) as Json, '/app/x.ts'), { code: 'config.invalid' })
})
