import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHookSink } from '../../../test/support/hook-sink.ts'
import { Heartbeat, HEARTBEAT_EVERY_MS } from './heartbeat.ts'

void test('somebody outside hears every minute that rules are evaluated, and nothing once they are not', async () => {
  await using sink = await startHookSink()
  let now = 1_000_000
  let evaluatedAtMs: number | null = null
  const events: string[] = []
  const heartbeat = new Heartbeat({
    app: 'shop',
    environment: 'local',
    clock: { now: () => now, sleep: async () => {} },
    channels: { find: () => ({ kind: 'webhook', url: `${sink.url}/beat` }) },
    evaluatedAtMs: () => evaluatedAtMs,
    onEvent: (kind) => void events.push(kind),
  })
  const heard = (): number => sink.of('alert.heartbeat', '/beat').length
  await heartbeat.beat()
  assert.equal(heard(), 0, 'a control that has just begun has evaluated nothing: it may die like the one before')
  evaluatedAtMs = now
  await heartbeat.beat()
  await heartbeat.beat()
  assert.equal(heard(), 1, 'not twice a minute')
  now += HEARTBEAT_EVERY_MS
  await heartbeat.beat()
  assert.equal(heard(), 1, 'the newest evaluation is a minute old')
  evaluatedAtMs = now
  await heartbeat.beat()
  assert.equal(heard(), 2)
  assert.deepEqual(sink.got[1]!.body, {
    event: 'alert.heartbeat',
    app: 'shop',
    environment: 'local',
    evaluatedAt: new Date(evaluatedAtMs).toISOString(),
  })
  sink.answer(500)
  for (let n = 0; n < 2; n++) {
    evaluatedAtMs = now += HEARTBEAT_EVERY_MS
    await heartbeat.beat()
  }
  sink.answer(200)
  evaluatedAtMs = now += HEARTBEAT_EVERY_MS
  await heartbeat.beat()
  assert.deepEqual(events, ['heartbeat-failed', 'heartbeat'], 'each turn is said once')
  const before = heard()
  evaluatedAtMs = now -= 3_600_000
  await heartbeat.beat()
  assert.equal(heard(), before + 1, 'a clock that was set back makes nobody wait until it is as late again')
})
