import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pause } from './table.ts'
import { BUFFERED_BYTES_MAX, createWaitingRoom, RELEASE_ANYWAY_MS, RELEASED_AT_ONCE } from './waiting-room.ts'
import type { WaitEnd, WaitingRoom } from './waiting-room.ts'
import { until } from './testing.ts'

const hold = (parts: Partial<Pause> = {}): Pause => ({
  kind: 'hold',
  services: null,
  queue: 1_000,
  bytesMax: 1024 * 1024,
  waitMs: 60_000,
  page: null,
  ...parts,
})

function come(room: WaitingRoom, name: string, ends: string[], guest: { service?: string; bodyBytes?: number } = {}) {
  let leave = (): void => {}
  const { service = 'api', bodyBytes = 0 } = guest
  const ended = room.wait({ service, bodyBytes, onGone: (listener) => (leave = listener) })
  void ended.then((end) => ends.push(`${name} ${end}`))
  return { leave: () => leave(), ended }
}

void test('who waits goes on in order, some at once, the next as those end; whoever comes meanwhile goes last', async () => {
  const room = createWaitingRoom()
  room.apply(hold())
  const ends: string[] = []
  const count = RELEASED_AT_ONCE * 2 + 10
  for (let index = 0; index < count; index++) come(room, String(index), ends)
  assert.equal(room.counts().held, count)

  room.apply(null)
  await Promise.resolve()
  assert.equal(ends.length, RELEASED_AT_ONCE)
  assert.ok(room.mustWait('api'))
  come(room, 'late', ends)
  room.ended()
  await Promise.resolve()
  assert.equal(ends.length, RELEASED_AT_ONCE + 1)
  // The others last: they do not keep the rest waiting for ever.

  await until(() => ends.length === count + 1)
  assert.deepEqual(ends, [...Array.from({ length: count }, (_, index) => `${index} forward`), 'late forward'])
  assert.equal(room.mustWait('api'), false)
  assert.equal(room.counts().forwarded, count + 1)
})

void test('a second pause holds those whose turn has not come', async () => {
  const room = createWaitingRoom()
  room.apply(hold())
  const ends: string[] = []
  for (let index = 0; index < RELEASED_AT_ONCE + 1; index++) come(room, String(index), ends)
  room.apply(null)
  room.apply(hold())
  room.ended()
  await new Promise((resolve) => setTimeout(resolve, 2 * RELEASE_ANYWAY_MS))
  assert.equal(ends.length, RELEASED_AT_ONCE)
  assert.equal(room.counts().held, 1)
  room.close()
})

void test('only paused services wait; a pause that no longer names one lets it go, one for maintenance turns it away', async () => {
  const room = createWaitingRoom()
  room.apply(hold({ services: ['api', 'web'] }))
  assert.deepEqual(
    ['api', 'web', 'other'].map((service) => room.mustWait(service)),
    [true, true, false],
  )
  const ends: string[] = []
  come(room, 'api', ends)
  come(room, 'web', ends, { service: 'web' })
  room.apply(hold({ services: ['api'] }))
  await until(() => ends.length === 1)
  room.apply(hold({ kind: 'maintenance', services: ['api'] }))
  await until(() => ends.length === 2)
  assert.deepEqual(ends, ['web forward', 'api maintenance'])
})

void test('count and bytes are bounded, and a client that leaves frees both', async () => {
  const room = createWaitingRoom()
  room.apply(hold({ queue: 2, bytesMax: BUFFERED_BYTES_MAX + 10 }))
  const ends: string[] = []
  // Of a large body only so much is kept, so only that counts.
  const large = come(room, 'large', ends, { bodyBytes: 1024 * 1024 * 1024 })
  assert.equal(await come(room, 'second', ends, { bodyBytes: 11 }).ended, 'overflowed')
  come(room, 'third', ends, { bodyBytes: 10 })
  assert.equal(await come(room, 'fourth', ends).ended, 'overflowed')

  large.leave()
  assert.equal(await large.ended, 'left')
  assert.deepEqual([room.counts().held, room.counts().overflowed, room.counts().left, room.counts().forwarded], [
    1, 2, 1, 0,
  ] satisfies number[])
  come(room, 'fifth', ends, { bodyBytes: BUFFERED_BYTES_MAX })
  assert.equal(room.counts().held, 2)
  room.close()
  const rest: WaitEnd = await come(room, 'too late', ends).ended
  assert.equal(rest, 'lost')
  assert.equal(room.counts().lost, 3)
})

void test('a body of unknown length counts with all that may be kept of it', async () => {
  const room = createWaitingRoom()
  room.apply(hold({ bytesMax: BUFFERED_BYTES_MAX - 1 }))
  assert.equal(await room.wait({ service: 'api', bodyBytes: null, onGone: () => {} }), 'overflowed')
})

void test('time is bounded for each request by itself', async () => {
  const room = createWaitingRoom()
  room.apply(hold({ waitMs: 20 }))
  const ends: string[] = []
  come(room, 'first', ends)
  room.apply(hold({ waitMs: 60_000 }))
  come(room, 'second', ends)
  await until(() => ends.length === 1)
  assert.deepEqual(ends, ['first timedOut'])
  assert.equal(room.counts().held, 1)
  room.close()
})
