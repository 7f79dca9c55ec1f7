import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QUIET_HEALTH, startGateway, startUpstream, tableOf, until } from './testing.ts'
import type { Backend } from './table.ts'

function backendOf(
  ...upstreams: readonly { readonly upstream: Extract<Backend, { kind: 'upstreams' }>['upstreams'][number] }[]
): Backend {
  return {
    kind: 'upstreams',
    upstreams: upstreams.map(({ upstream }) => upstream),
    health: QUIET_HEALTH,
    affinity: 'cookie',
  }
}

void test('a client stays on its instance; others are spread; the app never sees the cookie', async () => {
  await using one = await startUpstream('1', (_, response) => void response.end('one'))
  await using two = await startUpstream('1', (_, response) => void response.end('two'))
  await using gateway = await startGateway(tableOf([], { services: { api: backendOf(one, two) } }))

  const first = await fetch(gateway.url)
  const cookie = first.headers.get('set-cookie')!.split(';')[0]!
  const home = await first.text()
  assert.match(
    first.headers.get('set-cookie')!,
    /^Seaworthy-At-api=[A-Za-z0-9_-]{16}; Path=\/; HttpOnly; SameSite=Lax$/,
  )
  assert.equal(first.headers.get('cache-control'), 'private')
  for (let index = 0; index < 10; index++) {
    const again = await fetch(gateway.url, { headers: { cookie: `a=1; ${cookie}; b=2` } })
    assert.equal(await again.text(), home)
    assert.equal(again.headers.get('set-cookie'), null)
  }
  const strangers = await Promise.all(
    Array.from({ length: 4 }, () => fetch(gateway.url).then((answer) => answer.text())),
  )
  assert.equal(new Set(strangers).size, 2)
  const seen = [...one.requests, ...two.requests].map(({ headers }) => headers.cookie)
  assert.equal(seen.filter((value) => value === 'a=1; b=2').length, 10)
  assert.ok(!seen.some((value) => value?.includes('Seaworthy')))
})

void test('who stood on an instance that is gone gets another, and a forged cookie gets nothing special', async () => {
  await using one = await startUpstream('1', (_, response) => void response.end('one'))
  await using two = await startUpstream('1', (_, response) => void response.end('two'))
  await using gateway = await startGateway(tableOf([], { services: { api: backendOf(one, two) } }))
  const first = await fetch(gateway.url)
  const cookie = first.headers.get('set-cookie')!.split(';')[0]!
  const gone = (await first.text()) === 'one' ? one : two
  const forged = await fetch(gateway.url, { headers: { cookie: 'Seaworthy-At-api=AAAAAAAAAAAAAAAA' } })
  assert.ok(forged.headers.get('set-cookie'))

  gone.server.close()
  gone.server.closeAllConnections()
  await until(async () => {
    const moved = await fetch(gateway.url, { headers: { cookie } })
    const stays = moved.headers.get('set-cookie')
    return (
      moved.status === 200 &&
      (await moved.text()) === (gone === one ? 'two' : 'one') &&
      stays !== null &&
      !stays.startsWith(cookie)
    )
  })
})
