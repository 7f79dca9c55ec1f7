import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Release } from '../deploy/release.ts'
import { baseEnvironment, makeInstance, renderTemplate } from './launch.ts'

test('a template gets our variables and keeps those of the program it is for', () => {
  const text = 'listen ${PORT}; root $INSTANCE_DIR/www; log_format x "$remote_addr $host $PORTAL";'
  const rendered = renderTemplate(text, { PORT: '20001', INSTANCE_DIR: '/i' })
  assert.equal(rendered, 'listen 20001; root /i/www; log_format x "$remote_addr $host $PORTAL";')
})

test('an instance gets nothing of the environment that control was started in', () => {
  process.env['SOMEBODYS_TOKEN'] = 'x'
  assert.deepEqual(Object.keys(baseEnvironment('/bin')).toSorted(), [
    'HOME',
    'LANG',
    'NODE_ENV',
    'PATH',
    'PYTHONUNBUFFERED',
  ])
  delete process.env['SOMEBODYS_TOKEN']
})

test('a service is told where spans go, unless it says so itself', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-launch-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const envOf = (otlp: string | null, env: Record<string, string>): Record<string, string> => {
    const api = { run: { kind: 'program', argv: ['node'] }, env, graceMs: 1, templates: {} }
    const telemetry = { prometheus: null, loki: null, otlp }
    const release = { id: '1-aaaaaaaa', config: { services: { api }, telemetry } } as unknown as Release
    const launch = { release, service: 'api', artifactFolder: folder, path: '/bin' }
    const row = makeInstance(launch, folder, 'api@1-aaaaaaaa-1', null, 1)
    return Object.fromEntries(Object.entries(row.env).filter(([name]) => name.startsWith('OTEL_')))
  }
  const url = 'http://127.0.0.1:4318'
  assert.deepEqual(envOf(null, {}), {})
  assert.deepEqual(envOf(url, {}), { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SERVICE_NAME: 'api' })
  assert.equal(envOf(url, { OTEL_SERVICE_NAME: 'mine' })['OTEL_SERVICE_NAME'], 'mine')
})
