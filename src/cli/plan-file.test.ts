import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkConfig, resolveEnvironment } from '../config/index.ts'
import { signPlan } from '../deploy/plan-hash.ts'
import { makePlan } from '../deploy/plan.ts'
import type { Release } from '../deploy/release.ts'
import { readPlan } from './plan-file.ts'

/** Something of everything that a plan can hold. */
const RAW = {
  name: 'shop',
  needs: { db: { kind: 'postgres', url: 'DB_URL' }, cache: { kind: 'redis' } },
  services: {
    api: {
      start: 'node main.ts',
      build: 'npm ci',
      routes: ['/api'],
      port: 3000,
      health: { ready: '/ready' },
      env: { NAME: 'v1' },
      secrets: ['TOKEN'],
      uses: { db: 'required' },
      migrate: { expand: 'node expand.ts' },
      scale: { min: 1, queue: { metric: 'waiting', target: 5 } },
      writable: ['data'],
      templates: { 'a.conf': 'b.conf' },
    },
    web: { static: 'public', routes: ['/'] },
    worker: { start: 'node worker.ts', health: { ready: 'node check.ts' } },
  },
  gateway: {
    trustedProxies: ['10.0.0.0/8'],
    routes: { '/api': { timeout: '5s', body: '1MiB', retry: true, headers: { 'x-a': 'b' } } },
  },
  promises: {
    fast: {
      on: { service: 'api', route: 'GET /api' },
      availability: '99.9%',
      latency: { p50: '10ms', p95: '200ms', p99: '1s' },
      errors: '0.1%',
      throughput: '300/s',
      freshness: '10s',
    },
    data: { on: 'db', rpo: '6h', rto: '15min', keep: '30d' },
    operate: { on: 'operate', detect: '1min', rollback: '10s', deploy: { failed: 0 } },
  },
  backups: { db: { every: '6h', to: ['file:b'], keep: '30d' } },
  alerts: {
    channels: { ops: { webhook: 'OPS_URL' }, mail: { email: ['a@example.com'], smtp: 'SMTP_URL' } },
    routes: [{ severity: ['P0'], to: ['ops'], escalate: [{ after: '10min', to: ['mail'] }] }],
    maintenance: [{ from: '2026-01-01T00:00:00Z', to: '2026-01-01T02:00:00Z', why: 'move' }],
    rules: { disk: { when: 'disk > 1', for: '5min', severity: 'P1', runbook: 'docs/disk.md' } },
  },
  environments: {
    local: {
      target: 'process',
      smoke: [{ request: 'GET /api' }],
      witness: { request: ['GET /api'] },
      hooks: { before: 'node before.ts' },
    },
  },
}

function releaseOf(sequence: number, name: string): Release {
  const services = { ...RAW.services, api: { ...RAW.services.api, env: { NAME: name } } }
  const config = resolveEnvironment(checkConfig({ ...RAW, services }, 'seaworthy.config.json'), 'local')
  const artifacts = { api: 'a', web: 'w', worker: 'k' }
  const digest = `${name}0123456789`
  const id = `${sequence}-${digest.slice(0, 8)}`
  const promoted = { environment: 'staging', release: '9-x', made: { api: 'm', web: 'm', worker: 'm' } }
  return { id, sequence, digest, config, artifacts, secrets: { TOKEN: 'f' }, migrationLevel: 0, createdAt: 1, promoted }
}

const [live, next] = [releaseOf(1, 'v1'), releaseOf(2, 'v2')]
const world = { live: live.id, warm: '0-aaaaaaaa', sequence: 1 }
const input = { kind: 'deploy' as const, world, live, next, nextIsWarm: false, migrates: ['api'], prepared: [] }
const PLAN = signPlan(makePlan(input), 'anna')

/** Its own hash fits whatever it holds. */
function read(value: object): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-plan-'))
  try {
    const file = join(folder, 'plan.json')
    writeFileSync(file, JSON.stringify(signPlan(value as typeof PLAN, 'anna')))
    return readPlan(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

type Path = readonly (string | number)[]

function* pathsOf(value: unknown, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path
  if (typeof value !== 'object' || value === null) return
  for (const [key, held] of Object.entries(value))
    yield* pathsOf(held, [...path, Array.isArray(value) ? Number(key) : key])
}

/** A copy in which what stands at a path is of another kind, or, for undefined, missing. */
function changed(path: Path, to: unknown): object {
  const copy = structuredClone(PLAN) as object
  const last = path.at(-1)!
  const holder = path.slice(0, -1).reduce<unknown>((held, key) => (held as Record<string, unknown>)[key], copy)
  ;(holder as Record<string, unknown>)[last] = to
  return copy
}

test('a plan is read as it was written', () => {
  assert.deepEqual(read(PLAN), JSON.parse(JSON.stringify(PLAN)))
})

test('a plan of another shape is refused in a sentence, though its hash fits', () => {
  const covered = [...pathsOf(PLAN)].filter(([key]) => key !== 'by' && key !== 'hash')
  assert.ok(covered.length > 200, String(covered.length))
  const unreadable = { code: 'cli.plan-unreadable' }
  for (const path of covered) {
    assert.throws(() => read(changed(path, [{ neither: true }])), unreadable, path.join('.'))
  }
  for (const key of ['kind', 'base', 'release', 'operations', 'changes', 'downtime', 'retires'])
    assert.throws(() => read(changed([key], undefined)), unreadable, key)
  for (const key of Object.keys(PLAN.release.config))
    assert.throws(() => read(changed(['release', 'config', key], undefined)), unreadable, key)
})
