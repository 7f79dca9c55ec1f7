import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResolvedHealth, ResolvedSmoke } from '../../config/resolved.ts'
import { scrubOf } from '../../core/scrub.ts'
import { probeOf, smokeOf, type Asked } from './roster.ts'

const SECRET = 'sw-4f1b-secret'
const scrub = scrubOf({ API_KEY: SECRET })
const health = {
  ready: { kind: 'http', path: '/ready' },
  expect: { status: null, body: null },
} as unknown as ResolvedHealth
const smoke = {
  request: { method: 'GET', path: '/api' },
  expect: { status: 200, body: 'yes', withinMs: null },
} as unknown as ResolvedSmoke

const asked = (status: number, body: string, because: string | null): Asked => ({
  kind: 'asked',
  look: { what: 'GET /ready', path: '/ready', status, location: null, body, error: null },
  because,
  tookMs: 3,
})

test('a secret in an answer is taken out before the answer is cut', () => {
  // Where control cut its sentence, the secret was in two.
  const body = `${'x'.repeat(192)}${SECRET}`
  const probe = probeOf(asked(500, body, `GET /ready answered 500: ${body.slice(0, 200)}`), health, scrub)
  assert.equal(probe.kind, 'fail')
  assert.match(JSON.stringify(probe), /\[API_KEY/)
  assert.doesNotMatch(JSON.stringify(probe), /sw-4f1b/)
})

test('a pass is a pass, with a note where the body says otherwise', () => {
  assert.deepEqual(probeOf(asked(200, 'fine', null), health, scrub), { kind: 'pass', tookMs: 3, note: null })
  const noted = probeOf(asked(200, '{"status":"down"}', null), health, scrub)
  assert.equal(noted.kind === 'pass' && noted.note !== null, true)
})

test('what no HTTP was spoken with fails with its own words; what is gone is gone', () => {
  const refused: Asked = { kind: 'asked', look: null, because: 'connection refused', tookMs: 1 }
  assert.deepEqual(probeOf(refused, health, scrub), {
    kind: 'fail',
    because: 'connection refused',
    look: null,
    tookMs: 1,
  })
  assert.deepEqual(probeOf({ kind: 'gone', because: 'it is being stopped' }, health, scrub), {
    kind: 'gone',
    because: 'it is being stopped',
    restarts: null,
  })
})

test('a smoke request is judged by what it expects', () => {
  assert.equal(smokeOf(asked(200, 'yes', null), smoke, scrub), null)
  assert.match(smokeOf(asked(200, SECRET, null), smoke, scrub)!, /without "yes" in its body: \[API_KEY\]/)
  assert.match(smokeOf(asked(503, '', null), smoke, scrub)!, /answered 503 instead of 200/)
  assert.equal(
    smokeOf({ kind: 'gone', because: 'it is not there any more' }, smoke, scrub),
    'GET /api: it is not there any more',
  )
})
