import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFleet } from '../admin/fleet.ts'
import type { Backend, Canary, RoutingTable, Upstream } from '../table.ts'
import { QUIET_HEALTH, startGateway, startUpstream, tableOf, until } from '../testing.ts'
import type { TestGateway } from '../testing.ts'

const backend = (...upstreams: Upstream[]): Backend => ({ kind: 'upstreams', upstreams, health: QUIET_HEALTH })
const onTrial = (upstream: Upstream, share: number): Canary => ({
  release: upstream.release,
  services: { api: backend(upstream) },
  share,
})

void test('a fresh client draws its side and is given a cookie that keeps it there', async () => {
  await using old = await startUpstream('1')
  await using next = await startUpstream('2')
  await using gateway = await startGateway(tableOf([old.upstream], { canary: onTrial(next.upstream, 0.25) }))
  let tries = 0
  for (let client = 0; client < 200; client++) {
    const first = await ask(gateway)
    assert.match(first.cookie!, /^Seaworthy-Trial=2\.[0-9a-f]{4}; Path=\/; HttpOnly; SameSite=Lax$/)
    assert.equal(first.headers.get('cache-control'), 'private')
    if (first.release === '2') tries += 1
    if (client % 20 !== 0) continue
    const again = await ask(gateway, { cookie: `theirs=1; ${first.cookie!.split(';')[0]}` })
    assert.deepEqual([again.release, again.cookie, again.headers.get('cache-control')], [first.release, null, null])
  }
  assert.ok(Math.abs(tries - 50) <= 2, `${tries} of 200 try the new release`)
})

void test('a share that grows adds clients and moves nobody back; the end of the trial moves everybody', async () => {
  await using old = await startUpstream('1')
  await using next = await startUpstream('2')
  await using gateway = await startGateway(tableOf([old.upstream], { canary: onTrial(next.upstream, 0.05) }))
  await using control = await startControl(gateway)
  const clients = await Promise.all(Array.from({ length: 100 }, () => ask(gateway)))
  const cookies = clients.map(({ cookie }) => cookie!.split(';')[0]!)
  let before = new Set(clients.flatMap(({ release }, client) => (release === '2' ? [client] : [])))
  for (const share of [0.25, 0.5, 1]) {
    await control.apply(tableOf([old.upstream], { canary: onTrial(next.upstream, share) }))
    const seen = await Promise.all(cookies.map((cookie) => ask(gateway, { cookie })))
    const now = new Set(seen.flatMap(({ release }, client) => (release === '2' ? [client] : [])))
    assert.ok(
      [...before].every((client) => now.has(client)),
      `nobody leaves at ${share}`,
    )
    assert.ok(Math.abs(now.size - 100 * share) <= 4, `${now.size} of 100 at ${share}`)
    before = now
  }
  await control.apply(tableOf([old.upstream]))
  const seen = await Promise.all(cookies.map((cookie) => ask(gateway, { cookie })))
  assert.ok(seen.every(({ release, cookie }) => release === '1' && cookie === null))
})

void test('a cookie of another trial is drawn anew: nobody is the first of every release', async () => {
  await using old = await startUpstream('1')
  await using next = await startUpstream('3')
  await using gateway = await startGateway(tableOf([old.upstream], { canary: onTrial(next.upstream, 0.5) }))
  const { cookie } = await ask(gateway, { cookie: 'Seaworthy-Trial=2.0000' })
  assert.match(cookie!, /^Seaworthy-Trial=3\./)
})

void test('by header a client asks for a side, keeps no cookie and is counted apart; the instance hears of neither', async () => {
  await using old = await startUpstream('1')
  await using next = await startUpstream('2')
  await using gateway = await startGateway(tableOf([old.upstream], { canary: onTrial(next.upstream, 0.5) }))
  await using control = await startControl(gateway)
  const always = { 'seaworthy-canary': 'Always', cookie: 'a=1; Seaworthy-Trial=2.ffff' }
  const never = { 'seaworthy-canary': 'never', cookie: 'Seaworthy-Trial=2.0000' }
  for (let turn = 0; turn < 5; turn++) {
    const [new_, live] = [await ask(gateway, always), await ask(gateway, never)]
    assert.deepEqual([new_.release, new_.cookie, live.release, live.cookie], ['2', null, '1', null])
  }
  const seen = next.requests[0]!.headers
  assert.deepEqual([seen.cookie, seen['seaworthy-canary']], ['a=1', undefined])
  await ask(gateway, { cookie: 'Seaworthy-Trial=2.0000' })
  const { cells } = await control.report()
  const counted = cells.map(
    ({ release, addressed = false, count }) => `${release} ${addressed ? 'addressed' : 'users'} ${count}`,
  )
  assert.deepEqual(counted.toSorted(), ['1 addressed 5', '2 addressed 5', '2 users 1'])
})

void test('without a trial nothing is set, and the header decides nothing', async () => {
  await using old = await startUpstream('1')
  await using gateway = await startGateway(tableOf([old.upstream]))
  const { release, cookie, headers } = await ask(gateway, { 'seaworthy-canary': 'always' })
  assert.deepEqual([release, cookie, headers.get('cache-control')], ['1', null, null])
})

void test('clients that keep no cookies stay on the side of their address', async () => {
  await using old = await startUpstream('1')
  await using next = await startUpstream('2')
  await using gateway = await startGateway(
    tableOf([old.upstream], { canary: onTrial(next.upstream, 0.25), trustedProxies: ['127.0.0.0/8'] }),
  )
  let tries = 0
  for (let client = 0; client < 200; client++) {
    const from = { 'x-forwarded-for': `203.0.113.${client}` }
    const [first, second] = [await ask(gateway, from), await ask(gateway, from)]
    assert.equal(first.release, second.release)
    if (first.release === '2') tries += 1
  }
  assert.ok(Math.abs(tries - 50) <= 15, `${tries} of 200`)
})

void test('what the release on trial has no instance of is answered by the live one', async () => {
  await using old = await startUpstream('1')
  const none: Canary = { release: '2', services: { api: { kind: 'none' } }, share: 1 }
  for (const canary of [none, { ...none, services: {} }]) {
    await using gateway = await startGateway(tableOf([old.upstream], { canary }))
    const { release, status } = await ask(gateway)
    assert.deepEqual([release, status], ['1', 200])
  }
})

void test('files come from the folder of the side, and hashed ones stay cacheable by everybody', async () => {
  await using gateway = await startGateway(null)
  const folder = (name: string): string => {
    const root = join(gateway.state, name)
    mkdirSync(root)
    writeFileSync(join(root, 'index.html'), name)
    writeFileSync(join(root, 'app-3fa9c1d2.js'), name)
    return root
  }
  const files = (name: string): Backend => ({ kind: 'files', root: folder(name), release: name })
  const services = { web: files('1') }
  const routes = [{ host: null, path: '/', service: 'web' }]
  const canary: Canary = { release: '2', services: { web: files('2') }, share: 0.5 }
  await using control = await startControl(gateway)
  await control.apply(tableOf([], { release: '1', services, routes, canary }))

  const page = await ask(gateway, { cookie: 'Seaworthy-Trial=2.0000' })
  assert.deepEqual([page.release, page.text], ['2', '2'])
  const fresh = await ask(gateway)
  assert.equal(fresh.headers.get('cache-control'), 'no-cache, private')
  assert.equal(fresh.release, fresh.text)
  const asset = await ask(gateway, {}, '/app-3fa9c1d2.js')
  assert.deepEqual([asset.cookie, asset.headers.get('cache-control')], [null, 'public, max-age=31536000, immutable'])
})

void test('a kept connection decides anew with every request', async () => {
  await using old = await startUpstream('1')
  await using next = await startUpstream('2')
  await using gateway = await startGateway(tableOf([old.upstream], { canary: onTrial(next.upstream, 0.5) }))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const send = async (cookie: string): Promise<readonly [release: unknown, port: number]> => {
    const sent = request({ host: '127.0.0.1', port: gateway.port, agent, headers: { cookie } }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const port = sent.socket!.localPort!
    response.resume()
    await once(response, 'end')
    return [response.headers['seaworthy-release'], port]
  }
  const [first, firstPort] = await send('Seaworthy-Trial=2.0000')
  const [second, secondPort] = await send('Seaworthy-Trial=2.ffff')
  agent.destroy()
  assert.deepEqual([first, second, firstPort === secondPort], ['2', '1', true])
})

void test('a WebSocket opens on the side of its client', async () => {
  await using old = await startUpstream('1')
  await using next = await startUpstream('2')
  for (const { server, upstream } of [old, next]) {
    server.on('upgrade', (_, socket) =>
      socket.end(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Mine: ${upstream.release}\r\n\r\n`,
      ),
    )
  }
  await using gateway = await startGateway(tableOf([old.upstream], { canary: onTrial(next.upstream, 0.5) }))
  const open = async (cookie: string | null): Promise<readonly [mine: unknown, set: number]> => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
      ...(cookie === null ? {} : { cookie }),
    }
    const sent = request({ host: '127.0.0.1', port: gateway.port, headers }).end()
    const [response, socket] = (await once(sent, 'upgrade')) as [IncomingMessage, Socket]
    socket.destroy()
    return [response.headers['x-mine'], response.headers['set-cookie']?.length ?? 0]
  }
  assert.deepEqual(await open('Seaworthy-Trial=2.0000'), ['2', 0])
  assert.deepEqual(await open('Seaworthy-Trial=2.ffff'), ['1', 0])
  assert.equal((await open(null))[1], 1)
})

void test('a request that waited until its trial was over goes to the live release', async () => {
  let hold: (() => void) | null = null
  // The first instance on trial takes the request and drops it; by then the trial has ended.
  await using next = await startUpstream('2', (incoming) => (hold = () => incoming.socket.destroy()))
  await using old = await startUpstream('1')
  await using gateway = await startGateway(tableOf([old.upstream], { canary: onTrial(next.upstream, 1) }))
  await using control = await startControl(gateway)
  const waiting = ask(gateway)
  await until(() => hold !== null)
  await control.apply(tableOf([old.upstream]))
  hold!()
  const { release, status, cookie } = await waiting
  assert.deepEqual([release, status, cookie], ['1', 200, null])
})

void test('a request that waited until another trial began is no part of that one', async () => {
  let hold: (() => void) | null = null
  await using first = await startUpstream('2', (incoming) => (hold = () => incoming.socket.destroy()))
  await using second = await startUpstream('3')
  await using old = await startUpstream('1')
  await using gateway = await startGateway(tableOf([old.upstream], { canary: onTrial(first.upstream, 1) }))
  await using control = await startControl(gateway)
  const waiting = ask(gateway)
  await until(() => hold !== null)
  await control.apply(tableOf([old.upstream], { canary: onTrial(second.upstream, 1) }))
  hold!()
  const { release, cookie } = await waiting
  assert.deepEqual([release, cookie], ['1', null])
})

interface Answered {
  readonly status: number
  readonly release: string | null
  readonly cookie: string | null
  readonly headers: Headers
  readonly text: string
}

async function ask({ url }: TestGateway, headers: Record<string, string> = {}, path = '/'): Promise<Answered> {
  const response = await fetch(url + path, { headers })
  return {
    status: response.status,
    release: response.headers.get('seaworthy-release'),
    cookie: response.headers.get('set-cookie'),
    headers: response.headers,
    text: await response.text(),
  }
}

/** Control's side of the gateway's socket. */
async function startControl(gateway: TestGateway) {
  const fleet = await createFleet({
    socketPath: join(gateway.state, 'gateway.sock'),
    expected: async () => [],
    kill: async () => {},
    onCounters: () => {},
  })
  await until(() => fleet.workers().length === 1)
  return {
    apply: (table: RoutingTable) => fleet.apply(table),
    report: () => fleet.report(),
    [Symbol.asyncDispose]: () => fleet.close(),
  }
}
