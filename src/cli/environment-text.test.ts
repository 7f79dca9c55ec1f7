import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StatusNow } from '../control/api/live-events.ts'
import { describeEnvironment } from './environment-text.ts'

const AT = Date.parse('2026-11-21T20:00:00Z')

const STATUS = {
  app: 'shop',
  environment: 'staging',
  url: 'http://localhost:80',
  world: { live: '7-x', warm: null, sequence: 7 },
  lease: null,
  running: null,
  last: null,
  tls: null,
  metricsPort: null,
  paused: null,
  canary: null,
  instances: [],
  gateway: [],
  stoppedServices: [],
  scaling: [],
  disk: { isFull: false },
  owed: [],
}

test('what control may not do itself is told with its cause, and what does it', () => {
  const owed = [
    { what: 'restart', release: '7-x', service: 'api', ids: ['api@7-x-1'], because: '/live failed', since: AT },
    { what: 'start', release: '7-x', service: 'web', ids: [], because: 'it is not there', since: AT },
  ]
  const status = { ...STATUS, owed }
  const text = describeEnvironment({ status, needs: [] } as unknown as StatusNow)
  assert.match(text, /owed +restart api@7-x-1 since 2026-11-21 20:00:00: \/live failed; `seaworthy deploy` does it/)
  assert.match(text, /\n +start web of 7-x since .*: it is not there/)
  const none = describeEnvironment({ status: { ...status, owed: [] }, needs: [] } as unknown as StatusNow)
  assert.doesNotMatch(none, /owed/)
})

test('of a promoted release it is told where it was proven', () => {
  const promoted = { environment: 'staging', release: '3-y', made: {} }
  const text = describeEnvironment({ status: { ...STATUS, promoted }, needs: [] } as unknown as StatusNow)
  assert.match(text, /\nlive +7-x *\n +promoted from staging, release 3-y *\n/)
})

test('a hook that control has nothing to run with is told, and who runs it or will', () => {
  const runner = { run: '1', by: 'anna@host (pid 7)', process: null, isLate: false }
  const owedHooks = [
    { deploy: 'd6', time: 'failed', runner: null },
    { deploy: 'd7', time: 'after', runner },
    { deploy: 'd8', time: 'after', runner: { ...runner, isLate: true } },
  ]
  const text = describeEnvironment({ status: { ...STATUS, owedHooks }, needs: [] } as unknown as StatusNow)
  assert.match(text, /owed +hook 'failed' of d6: `seaworthy up` runs it/)
  assert.match(text, /hook 'after' of d7: run by anna@host \(pid 7\)/)
  assert.match(text, /hook 'after' of d8: `seaworthy up` runs it/)
})

test('a service that made room is told of: until its release is there, and when nobody has brought it back', () => {
  const held = { ...STATUS, heldServices: ['api'] }
  const running = { plan: { release: { id: '8-y' }, operations: [] }, journal: [] }
  const during = describeEnvironment({ status: { ...held, running }, needs: [] } as unknown as StatusNow)
  assert.match(during, /\nheld +api: until 8-y is there/)
  const left = describeEnvironment({ status: held, needs: [] } as unknown as StatusNow)
  assert.match(left, /\nheld +api: .* not brought back; `seaworthy stop --service api --start` or the next deploy does/)
  assert.doesNotMatch(describeEnvironment({ status: STATUS, needs: [] } as unknown as StatusNow), /held/)
})
