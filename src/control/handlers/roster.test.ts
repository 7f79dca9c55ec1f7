import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { dockerRelease } from '../../../test/support/docker-release.ts'
import type { ResolvedSmoke } from '../../config/resolved.ts'
import { systemClock } from '../../core/clock.ts'
import type { Instance } from '../../deploy/release.ts'
import type { Control } from '../control.ts'
import type { Instances } from '../instances.ts'
import { Leases } from '../lease.ts'
import { Roster } from '../roster.ts'
import { State } from '../state.ts'
import { rosterHandlers } from './roster.ts'

const RELEASE = '7-3fa9c1d2'
const PASSWORD = 'sw-need-4711'

async function make(t: TestContext, { answer, health = {} }: { answer?: RequestListener; health?: object } = {}) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-roster-'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    server.close()
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  state.saveRelease(dockerRelease({ api: { start: 'node x', routes: ['/'], health } }, { id: RELEASE }))
  const variablesOf = () => ({ DB_PASSWORD: PASSWORD })
  const roster = new Roster({ state, clock: systemClock, variablesOf, changed: async () => {} })
  const leases = new Leases(state, systemClock)
  const control = { roster, services: {}, state, leases, instances: roster as Instances }
  const instance: Instance = {
    id: `api@${RELEASE}-1`,
    service: 'api',
    release: RELEASE,
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    state: 'running',
    pid: null,
    startedAt: 1,
    restarts: 0,
    lastExit: null,
  }
  await roster.put([instance])
  const { token } = leases.acquire({ holder: 'me', reason: 'test', process: null })
  return { control, handlers: rosterHandlers(control as unknown as Control), instance, roster, token }
}

const ready = { ready: '/ready' }

test('an instance is asked from inside, and its answer comes back whole, without what control knows to hide', async (t) => {
  const body = `${'x'.repeat(300)} ${PASSWORD}`
  const { handlers, instance } = await make(t, {
    health: ready,
    answer: ({ url }, response) => void response.writeHead(url === '/ready' ? 503 : 200).end(body),
  })
  const { asked } = await handlers['roster.probe']({ instance: instance.id })
  assert.equal(asked.kind, 'asked')
  assert.deepEqual(asked.kind === 'asked' && [asked.look?.status, asked.look?.body], [
    503,
    body.replace(PASSWORD, '[DB_PASSWORD]'),
  ])
  assert.match((asked.kind === 'asked' && asked.because) || '', /^GET \/ready answered 503/)
})

test('a smoke request is sent as it is, and judged elsewhere', async (t) => {
  const { handlers, instance, token } = await make(t, {
    answer: ({ method, url }, response) => void response.writeHead(404).end(`${method} ${url} ${PASSWORD}`),
  })
  const smoke = {
    request: { method: 'POST', path: '/orders?x=1', host: null },
    expect: { status: 200, body: null, withinMs: null },
  } as unknown as ResolvedSmoke
  const { asked } = await handlers['roster.smoke']({ token, instance: instance.id, smoke })
  assert.deepEqual(asked.kind === 'asked' && [asked.look?.status, asked.look?.body, asked.because], [
    404,
    'POST /orders?x=1 [DB_PASSWORD]',
    null,
  ])
  await assert.rejects(async () => handlers['roster.smoke']({ token: token + 1, instance: instance.id, smoke }), {
    code: 'lease.lost',
  })
})

test('who is not there, or on its way out, is gone', async (t) => {
  const { handlers, instance, roster } = await make(t)
  await roster.stop(instance.id)
  const stopping = await handlers['roster.probe']({ instance: instance.id })
  await roster.forget([instance.id])
  const away = await handlers['roster.probe']({ instance: instance.id })
  assert.deepEqual(
    [stopping.asked, away.asked],
    [
      { kind: 'gone', because: 'it is being stopped' },
      { kind: 'gone', because: 'it is not there any more' },
    ],
  )
})

test('the image that was written down first is told to whoever asks', async (t) => {
  const { handlers, token } = await make(t)
  const artifact = `a1b2-api@${RELEASE}`
  assert.deepEqual(await handlers['image.recorded']({ artifact }), { image: null })
  for (const image of ['one', 'two']) await handlers['image.record']({ token, artifact, image })
  assert.deepEqual(await handlers['image.recorded']({ artifact }), { image: 'one' })
})

test('what only the tools of the target can see passes nobody', async (t) => {
  const { handlers, instance } = await make(t, { health: { ready: 'node check.mjs' } })
  await assert.rejects(async () => handlers['roster.probe']({ instance: instance.id }), { code: 'roster.not-asked' })
})

test('where control keeps the instances there is no roster', async (t) => {
  const { control, instance } = await make(t)
  const handlers = rosterHandlers({ ...control, instances: { acts: true } } as unknown as Control)
  await assert.rejects(async () => handlers['roster.probe']({ instance: instance.id }), { code: 'roster.unused' })
  await assert.rejects(async () => handlers['roster.put']({ token: 1, instances: [] }), { code: 'roster.unused' })
})
