import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectFrom } from '../project-files.ts'
import { detectHealth } from './health.ts'

function healthOf(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    detectHealth(projectFrom(files)).map((found) =>
      found.kind === 'setting' && 'guess' in found ? [found.key, found.guess.value as string] : [],
    ),
  )
}

test('routes about health are found as each framework writes them', () => {
  const samples: readonly (readonly [string, string, string])[] = [
    ['a.js', "app.get('/healthz', (req, res) => res.send('ok'))", '/healthz'],
    ['a.ts', "fastify.route({ method: 'GET', url: '/api/health' })", '/api/health'],
    ['a.js', "if (request.url === '/health/readiness') ok()", '/health/readiness'],
    ['a.py', '@app.get("/readyz")', '/readyz'],
    ['a.py', '@bp.route("/health")', '/health'],
    ['urls.py', "    path('health/', health),", '/health/'],
    ['a.go', 'mux.HandleFunc("/livez", live)', '/livez'],
    ['a.go', 'http.HandleFunc("GET /healthz", ok)', '/healthz'],
    ['routes.rb', "  get 'up' => 'rails/health#show'", '/up'],
    ['app/api/health/route.ts', 'export function GET() {}', '/api/health'],
    ['pages/api/healthz.js', 'export default handler', '/api/healthz'],
  ]
  for (const [path, text, expected] of samples) {
    const found = healthOf({ [path]: text })
    assert.equal(found['ready'] ?? found['live'] ?? '', expected, text)
  }
})

test('ready, live and startup are told apart, and a general one fills the gap', () => {
  const line = (path: string): string => `app.get('${path}', ok)\n`
  assert.deepEqual(healthOf({ 'a.js': line('/health/ready') + line('/health/live') + line('/health/startup') }), {
    startup: '/health/startup',
    live: '/health/live',
    ready: '/health/ready',
  })
  assert.deepEqual(healthOf({ 'a.js': line('/healthz') + line('/readyz') }), { ready: '/readyz', live: '/healthz' })
  assert.deepEqual(healthOf({ 'a.js': line('/healthz') + line('/livez') }), { ready: '/healthz', live: '/livez' })
})

test('a line that asks for health elsewhere, a comment and a test are no routes', () => {
  for (const [path, text] of [
    ['a.js', "await fetch('http://db/health'); x.get('/x')"],
    ['a.js', "const url = await fetch('/health')"],
    ['a.js', "// app.get('/health')"],
    ['a.test.js', "app.get('/health')"],
    ['a.js', "const folder = '/var/health'"],
  ]) {
    assert.deepEqual(healthOf({ [path!]: text! }), {}, text)
  }
})

test("Nest's prefix goes before its routes", () => {
  assert.deepEqual(healthOf({ 'main.ts': "app.setGlobalPrefix('api')", 'h.ts': "@Controller('health')" }), {
    ready: '/api/health',
  })
})
