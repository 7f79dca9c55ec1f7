import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRoutingState } from './routing.ts'
import { QUIET_HEALTH, tableOf } from './testing.ts'

function makeState() {
  const closed: string[] = []
  const state = createRoutingState({
    link: ({ id }) => ({
      send: () => {
        throw new Error('nothing is sent here')
      },
      close: () => void closed.push(id),
    }),
    probe: () => Promise.resolve(true),
  })
  return { state, closed }
}

const upstream = (id: string) => ({ id, host: '127.0.0.1', port: 1, release: id })

void test('an upstream is the same object in every table that has it, and closed once it is neither listed nor busy', () => {
  const { state, closed } = makeState()
  state.apply(tableOf([upstream('a')]))
  const a = state.find('a')!
  const claim = state.current!.pools.get('api')!.claim([])!
  state.apply(tableOf([upstream('a'), upstream('b')]))
  assert.equal(state.find('a'), a)

  state.apply(tableOf([upstream('b')]))
  assert.equal(state.find('a'), a)
  assert.equal(a.listed, false)
  assert.deepEqual(closed, [])
  claim.release()
  assert.deepEqual(closed, ['a'])
  assert.equal(state.find('a'), null)
  state.close()
})

void test('an upstream that comes back while it drains is in use again with its counts', () => {
  const { state, closed } = makeState()
  state.apply(tableOf([upstream('a')]))
  const claim = state.current!.pools.get('api')!.claim([])!
  state.apply(tableOf([upstream('b')]))
  state.apply(tableOf([upstream('a')]))
  assert.equal(state.find('a')!.claims.size, 1)
  claim.release()
  assert.deepEqual(closed, ['b'])
  assert.ok(state.find('a')!.listed)
  state.close()
})

void test('an upstream on trial is listed like any other, stays itself when it goes live, and goes with its trial', () => {
  const { state, closed } = makeState()
  const onTrial = (id: string) => ({
    release: id,
    share: 0.5,
    services: { api: { kind: 'upstreams' as const, upstreams: [upstream(id)], health: QUIET_HEALTH } },
  })
  state.apply(tableOf([upstream('a')], { canary: onTrial('b') }))
  const b = state.find('b')!
  assert.equal(b.listed, true)
  const claim = state.current!.trial!.pools.get('api')!.claim([])!
  assert.equal(claim.upstream, b)
  state.apply(tableOf([upstream('b')]))
  assert.deepEqual([state.find('b') === b, b.listed, b.claims.size, closed], [true, true, 1, ['a']])
  claim.release()

  state.apply(tableOf([upstream('b')], { canary: onTrial('c') }))
  state.apply(tableOf([upstream('b')]))
  assert.deepEqual([state.find('c'), closed], [null, ['a', 'c']])
  state.close()
})

void test('an instance that was started again on another port is reached there, and the old address is left', () => {
  const { state, closed } = makeState()
  state.apply(tableOf([upstream('a')]))
  const before = state.find('a')!
  const claim = state.current!.pools.get('api')!.claim([])!
  state.apply(tableOf([{ ...upstream('a'), port: 2 }]))
  const after = state.find('a')!
  assert.notEqual(after, before)
  assert.deepEqual([after.address.port, after.listed, before.listed], [2, true, false])
  assert.equal(state.current!.pools.get('api')!.claim([])!.upstream, after)
  claim.release()
  assert.deepEqual(closed, ['a'])
  assert.equal(state.find('a'), after, 'the end of the old one does not take the new one along')
  state.close()
})

void test('a refused table changes nothing', () => {
  const { state } = makeState()
  const first = tableOf([upstream('a')], { token: 3 })
  const second = tableOf([upstream('b')], { token: 3 })
  assert.equal(state.apply(second), null)
  assert.match(state.apply(first)!, /^version \d+ is not above/)
  assert.match(state.apply(second)!, /^version \d+ is not above/)
  assert.match(state.apply(tableOf([upstream('c')], { token: 2 }))!, /^token 2 is below 3/)
  assert.match(state.apply(tableOf([upstream('c')], { token: 3, trustedProxies: ['x'] }))!, /no address/)
  assert.equal(state.current!.table, second)
  assert.equal(state.find('c'), null)
  state.close()
})
