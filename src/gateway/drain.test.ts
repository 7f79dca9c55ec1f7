import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drain } from './drain.ts'
import { createUpstream } from './upstream.ts'
import type { Claim, ClaimKind, Upstream } from './upstream.ts'

function makeUpstream(): Upstream {
  const link = { send: () => assert.fail('nothing is sent here'), close: () => {} }
  return createUpstream({ id: 'a', host: '127.0.0.1', port: 1, release: '1' }, link)
}

function claimOf(upstream: Upstream, kind: ClaimKind): Claim {
  return Object.assign(upstream.claim(), { kind })
}

void test('lasting connections are ended one after the other within the first half of the time', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const upstream = makeUpstream()
  const ended: number[] = []
  const claims = Array.from({ length: 4 }, (_, index) => {
    const claim = claimOf(upstream, 'websocket')
    claim.end = () => {
      ended.push(index)
      claim.release()
    }
    return claim
  })
  const report = drain({ claims, withinMs: 80, leaving: () => true })
  const seen = [1, 10, 10, 10, 10].map((ms) => (context.mock.timers.tick(ms), ended.length))
  assert.deepEqual(seen, [1, 2, 3, 4, 4])
  assert.deepEqual(await report, { finished: 0, cut: 0, websockets: 4, streams: 0 })
})

void test('a request that became an event stream meanwhile is ended at half-time; what never ends is cut once', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const upstream = makeUpstream()
  const [late, stuck, quick] = [
    claimOf(upstream, 'request'),
    claimOf(upstream, 'request'),
    claimOf(upstream, 'request'),
  ]
  late.end = () => late.release()
  let cuts = 0
  stuck.cut = () => {
    cuts += 1
    stuck.release()
  }
  const report = drain({ claims: [late, stuck, quick], withinMs: 100, leaving: () => true })
  quick.release()
  late.kind = 'stream'
  context.mock.timers.tick(50)
  context.mock.timers.tick(50)
  assert.deepEqual(await report, { finished: 1, cut: 1, websockets: 0, streams: 1 })
  assert.equal(cuts, 1)
})

void test('an upstream that is back in the table keeps its requests', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const upstream = makeUpstream()
  const claim = claimOf(upstream, 'websocket')
  claim.end = () => assert.fail('ended')
  claim.cut = () => assert.fail('cut')
  const report = drain({ claims: [claim], withinMs: 100, leaving: () => !upstream.listed })
  context.mock.timers.tick(50)
  context.mock.timers.tick(50)
  assert.deepEqual(await report, { finished: 1, cut: 0, websockets: 0, streams: 0 })
  assert.equal(upstream.claims.size, 1)
})
