import { defineApp, route } from 'seaworthy'

export default defineApp({
  name: 'opinion-market',
  owner: { team: 'markets' },

  services: {
    api: {
      path: '.',
      build: 'npm ci --omit=dev',
      start: 'node src/main.ts', // listens on $PORT
      routes: ['/api', '/ws'],
      health: {
        live: '/health/liveness',
        ready: '/health/readiness',
        startup: '/health/startup',
        deadline: process.env['SEAWORTHY_DEMO_DEADLINE'] ?? '60s',
      },
      migrate: { expand: 'node src/migrate.ts expand', contract: 'node src/migrate.ts contract' },
      scale: { min: 2 },
      env: {
        // Demonstration switches: which release this program pretends to be (see the README).
        MARKET_RELEASE: process.env['MARKET_RELEASE'] ?? 'v1',
        MARKET_ROTS_AFTER: process.env['MARKET_ROTS_AFTER'] ?? '20',
      },
      secrets: ['ADMIN_TOKEN'],
      writable: ['data'],
      grace: '10s',
    },
    web: { static: 'web', routes: ['/'] },
  },

  promises: {
    trade: {
      on: route('api', 'POST /api/trades'),
      availability: '99.9%',
      latency: { p95: '200ms', p99: '1s' },
      throughput: '50/s',
    },
    operate: { on: 'operate', detect: '1min', rollback: '10s', deploy: { failed: 0 } },
  },

  gateway: { listen: { http: Number(process.env['SEAWORTHY_DEMO_PORT'] ?? 8080) } },

  environments: {
    local: {
      target: 'process',
      state: process.env['SEAWORTHY_DEMO_STATE'] ?? '.seaworthy/local',
      strategy: 'blue-green',
      watch: { for: process.env['SEAWORTHY_DEMO_WATCH'] ?? '30s', errors: '2%', p95: '3x', sample: 20 },
      drain: process.env['SEAWORTHY_DEMO_DRAIN'] ?? '5s',
      smoke: [{ request: 'GET /api/version', expect: { status: 200 } }],
      witness: { request: ['GET /', 'GET /api/markets'] },
    },
  },
})
