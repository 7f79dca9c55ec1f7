import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { mustBeHere, notHere } from './not-here.ts'

const api = { start: 'node api.js', routes: ['/'] }

test('what containers are given passes', () => {
  const { config } = dockerRelease(
    {
      api: {
        ...api,
        secrets: ['KEY'],
        writable: ['data'],
        uses: { bank: 'required', db: 'required' },
        scale: { min: 2 },
      },
      worker: {
        start: 'python3 worker.py',
        migrate: { expand: 'node up.js' },
        uses: { own: 'required', bus: 'required' },
      },
      site: { static: 'public', routes: ['/site'] },
      mail: { image: `example/mail@sha256:${'a'.repeat(64)}` },
    },
    {
      needs: {
        bank: { kind: 'http', url: 'BANK_URL' },
        db: { kind: 'postgres', url: 'DATABASE_URL' },
        own: { kind: 'postgres' },
        bus: { kind: 'kafka' },
      },
    },
  )
  const hooks = { before: ['true'], after: ['true'], failed: ['true'] }
  const app = { ...config, hooks, strategy: 'recreate' as const }
  assert.deepEqual(notHere(app, 1), [])
  mustBeHere(app, 1)
})

test('each of what they are not given is named, all at once', () => {
  const { config } = dockerRelease(
    {
      api: { ...api, uses: { db: 'required' } },
    },
    { needs: { db: { kind: 'sqlite' }, idle: { kind: 'sqlite' } } },
  )
  const app = {
    ...config,
    gateway: {
      ...config.gateway,
      http: 0,
      tls: { source: { kind: 'files' as const, cert: '/c', key: '/k' }, port: 443, redirect: true },
    },
  }
  assert.deepEqual(
    notHere(app, 1).map((text) => text.split(':')[0]),
    ['needs.db', 'gateway.listen.http'],
  )
  assert.throws(() => mustBeHere(app, 1), { code: 'target.not-yet', message: /environment staging/ })
})

test('templates that nobody would fill in and a measure are refused as well', () => {
  const { config } = dockerRelease({
    a: { start: 'node a.js', templates: { 'a.conf': 'conf/a' } },
    b: { start: './b', templates: { 'b.conf': 'conf/b' } },
    c: { start: 'node c.js', scale: { min: 1, max: 3, cpu: '70%' } },
  })
  assert.deepEqual(
    notHere(config, 1).map((text) => text.split(':')[0]),
    ['services.b.templates', 'services.c.scale'],
  )
})

test('a folder that no mount can name is refused by its name', () => {
  const { config } = dockerRelease({ a: { start: 'node a.js', writable: ['data', 'a,b', 'c"d', 'e;f g'] } })
  assert.deepEqual(notHere(config, 1), [
    'services.a.writable: "a,b", whose name has a comma, a quote or a line break',
    'services.a.writable: "c\\"d", whose name has a comma, a quote or a line break',
  ])
})

test('several hosts refuse what each of them would do by itself', () => {
  const { config } = dockerRelease(
    { api: { ...api, uses: { db: 'required', bank: 'required' }, migrate: { expand: 'node up.js' } } },
    { needs: { db: { kind: 'postgres' }, bank: { kind: 'postgres', url: 'BANK_URL' } } },
  )
  const source = { kind: 'acme' as const, email: 'ops@example.test', directory: 'https://acme.example' }
  const app = { ...config, gateway: { ...config.gateway, tls: { source, port: 443, redirect: true } } }
  assert.deepEqual(notHere(app, 1), [])
  assert.deepEqual(
    notHere(app, 2).map((text) => text.split(':')[0]),
    ['needs.db', 'services.api.migrate', 'gateway.tls.acme'],
  )
})
