import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNetLink } from './adapters/net-link.ts'
import { watchHealth } from './health.ts'
import { probeUpstream } from './probe.ts'
import { QUIET_HEALTH, startUpstream, until } from './testing.ts'
import { createUpstream } from './upstream.ts'
import type { Upstream } from './upstream.ts'

function upstreamAt(port: number): Upstream {
  const address = { id: 'a', host: '127.0.0.1', port, release: '1' }
  return createUpstream(address, createNetLink(address))
}

void test('consecutive failures take an upstream out, consecutive passes bring it back', async () => {
  const upstream = upstreamAt(1)
  const results: boolean[] = []
  const seen: boolean[] = []
  const probe = (): Promise<boolean> => {
    seen.push(upstream.healthy)
    return Promise.resolve(results[seen.length - 1] ?? true)
  }
  results.push(false, true, false, false, true, false, true, true)
  const watch = watchHealth(upstream, { ...QUIET_HEALTH, intervalMs: 1, passes: 2, failures: 2 }, probe)
  await until(() => seen.length >= 9)
  watch.stop()
  assert.deepEqual(seen.slice(0, 9), [true, true, true, true, false, false, false, false, true])
})

void test('a failed connection makes an upstream suspect until a probe, made at once, passes', async () => {
  const upstream = upstreamAt(1)
  let answer: (passed: boolean) => void = () => assert.fail('no probe was made')
  const watch = watchHealth(upstream, QUIET_HEALTH, () => new Promise((resolve) => (answer = resolve)))
  let probes = 0
  upstream.onSuspect()
  assert.ok(upstream.suspect)
  await until(() => (probes += 1) > 2)
  answer(true)
  await until(() => !upstream.suspect)
  watch.stop()
})

void test('a probe passes on what is expected and on nothing else', async () => {
  await using target = await startUpstream('1', (request, response) => {
    if (request.url === '/silent') return
    const [status, body] = request.url!.slice(1).split(/-(.*)/)
    response.writeHead(Number(status), Number(status) === 302 ? { Location: '/200-ok' } : {}).end(body)
  })
  const upstream = upstreamAt(target.upstream.port)
  const look = (path: string | null, expect: { status?: number; body?: string } = {}): Promise<boolean> =>
    probeUpstream(upstream, {
      ...QUIET_HEALTH,
      path,
      timeoutMs: 1_000,
      expect: { status: expect.status ?? null, body: expect.body ?? null },
    })
  assert.equal(await look('/200-ok'), true)
  assert.equal(await look('/204-'), true)
  assert.equal(await look('/302-login'), false)
  assert.equal(await look('/500-ok'), false)
  assert.equal(await look('/401-', { status: 401 }), true)
  assert.equal(await look('/200-', { status: 401 }), false)
  assert.equal(await look('/200-all-up', { body: 'up' }), true)
  assert.equal(await look('/200-down', { body: 'up' }), false)
  assert.equal(await look('/silent'), false)
  assert.equal(await look(null), true)
  await target[Symbol.asyncDispose]()
  assert.equal(await look(null), false)
  assert.equal(await look('/200-ok'), false)
})
