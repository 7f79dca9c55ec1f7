import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Method } from '../api/contract.ts'
import type { Control } from '../control.ts'
import { makeHandlers } from '../handlers/index.ts'
import { ON_RECORD_ELSEWHERE, READING, RECORDED } from './recorded.ts'

/** Whatever is asked of it is there, so that the handlers can be made without a control. */
const anything: unknown = new Proxy(() => anything, { get: () => anything })

test('every method of the control API is recorded, or listed with the reason why not, and in one place only', () => {
  const methods = Object.keys(makeHandlers(anything as Control)) as Method[]
  const places = [READING as readonly Method[], Object.keys(ON_RECORD_ELSEWHERE), Object.keys(RECORDED)].flat()
  assert.deepEqual(places.toSorted(), methods.toSorted())
})

test('methods that carry secrets tell none of them', () => {
  const secret = 'sw-4f1b-secret'
  const origin = { folder: '/x', channels: { ops: { kind: 'webhook' as const, url: `https://x.example/${secret}` } } }
  const plan = { kind: 'deploy', hash: 'h', release: { id: '1-x' } } as never
  const job = { name: 'build:api@1-x', argv: [secret], cwd: '/', env: { K: secret }, timeoutMs: 1, uses: null }
  const told = [
    RECORDED['deploy.begin']({ token: 1, plan, by: 'me', origin }, false),
    RECORDED['instance.start']({ token: 1, release: '1-x', service: 'api', secrets: { K: secret } }, true),
    RECORDED['job.run']({ token: 1, job }, true),
  ]
  for (const one of told) {
    assert.ok(one !== null)
    assert.doesNotMatch(JSON.stringify(one), new RegExp(secret))
  }
})
