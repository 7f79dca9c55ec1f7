import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Deadline, TICK_MS } from './deadlines.ts'
import { until } from './testing.ts'

void test('a deadline acts once, never early', async () => {
  const began = performance.now()
  const acted: number[] = []
  const deadline = new Deadline(() => acted.push(performance.now() - began))
  deadline.arm(150)
  await until(() => acted.length > 0)
  assert.ok(acted[0]! >= 150, `${acted[0]} ms`)
  assert.equal(deadline.isArmed, false)
  const other = new Deadline(() => {})
  other.arm(2 * TICK_MS)
  await until(() => !other.isArmed)
  assert.equal(acted.length, 1)
})

void test('put off, called back, brought forward: only the last order counts', async () => {
  const acted: string[] = []
  const putOff = new Deadline(() => acted.push('put off'))
  const calledBack = new Deadline(() => acted.push('called back'))
  const broughtForward = new Deadline(() => acted.push('brought forward'))
  const last = new Deadline(() => acted.push('last'))
  putOff.arm(50)
  putOff.arm(400)
  calledBack.arm(50)
  calledBack.disarm()
  broughtForward.arm(60_000)
  broughtForward.arm(50)
  last.arm(600)
  await until(() => acted.includes('last'))
  assert.deepEqual(acted, ['brought forward', 'put off', 'last'])
})

void test('one that acts may call back another of the same tick, and arm itself again', async () => {
  const acted: string[] = []
  const one: Deadline = new Deadline(() => {
    acted.push('one')
    other.disarm()
    if (acted.length < 3) one.arm(0)
  })
  const other: Deadline = new Deadline(() => {
    acted.push('other')
    one.disarm()
  })
  one.arm(0)
  other.arm(0)
  await until(() => acted.length >= 1 && !one.isArmed)
  assert.ok(
    acted.every((name) => name === acted[0]),
    acted.join(' '),
  )
})

void test('beyond one turn of the wheel it waits for its lap', () => {
  const far = new Deadline(() => assert.fail('a minute has not passed'))
  far.arm(512 * TICK_MS + 50)
  // Its slot comes up at once; the tick decides.
  const near = new Deadline(() => {})
  near.arm(TICK_MS)
  return until(() => !near.isArmed).then(() => {
    assert.equal(far.isArmed, true)
    far.disarm()
  })
})
