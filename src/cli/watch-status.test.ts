import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StatusNow } from '../control/api/live-events.ts'
import { Heard } from './watch-status.ts'

const AT = Date.parse('2026-11-21T12:00:00Z')

const now: StatusNow = {
  status: {
    app: 'shop',
    environment: 'local',
    url: 'http://127.0.0.1:8080',
    controlPid: 1,
    since: AT,
    world: { live: '1-aaaaaaaa', warm: null, sequence: 1 },
    promoted: null,
    lease: null,
    running: null,
    last: null,
    instances: [],
    gateway: [],
    tls: null,
    stoppedServices: [],
    owed: [],
    paused: null,
    canary: null,
    scaling: [],
    metricsPort: null,
    disk: { folder: '/', isFull: false, bytesLeft: 1, waiting: 0 },
  },
  health: {
    at: AT,
    state: 'fine',
    since: AT - 3_600_000,
    reasons: [],
    changes: [],
    incidents: [],
    firing: [],
    promises: [],
    services: [],
    host: { loadPerCore: null, memoryUsed: null, diskUsed: null },
    measuredAt: AT - 1_000,
  },
  needs: [],
}

void test('ages go on while nothing is told', () => {
  let clock = 1_000
  const heard = new Heard(() => clock)
  assert.equal(heard.text(), null)
  heard.take({ event: 'status', data: now })
  assert.match(heard.text()!, /^fine .*\nsince +2026-11-21 11:00:00, 60 min ago\n/)
  assert.match(heard.text()!, /^measured +1 s ago$/m)
  clock += 12_000
  assert.match(heard.text()!, /^fine /)
  assert.match(heard.text()!, /^measured +13 s ago$/m)
})

void test('a control that is away, or says nothing, is never fine', () => {
  let clock = 0
  const heard = new Heard(() => clock)
  heard.take({ event: 'status', data: now })
  clock = 30_001
  assert.match(
    heard.text()!,
    /^unknown +control does not answer: what follows is what it said last\nsince +2026-11-21 12:00:00, 30 s ago\nbefore +fine: /,
  )
  heard.take({ event: 'status', data: now })
  assert.match(heard.text()!, /^fine /)
  clock += 4_000
  heard.take({ event: 'away', since: 0 })
  clock += 6_000
  assert.match(heard.text()!, /^unknown .*\nsince +2026-11-21 12:00:04, 6 s ago\n/)
  heard.take({ event: 'connected' })
  assert.match(heard.text()!, /^unknown /, 'somebody is there, and has said nothing yet')
  heard.take({ event: 'status', data: now })
  assert.match(heard.text()!, /^fine /)
})
