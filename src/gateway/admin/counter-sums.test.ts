import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCounterBook } from '../counters.ts'
import { createCounterSums, DEAD_MAX } from './counter-sums.ts'
import type { Connection } from './connection.ts'
import type { Counters } from './protocol.ts'

function reportOf(count: number): Counters {
  const book = createCounterBook()
  for (let index = 0; index < count; index++) {
    book.count({ service: 'api', release: '1', status: '2xx', latencyMs: 3, retried: 1 })
  }
  book.countUnrouted()
  return book.snapshot({ connections: 5, requests: 2 })
}

function worker(incarnation: string): Connection {
  return { worker: 1, pid: 1, gateway: '', incarnation, version: 1, send: () => {} }
}

void test('the newest report of every incarnation counts, also of dead ones, however many', () => {
  const sums = createCounterSums()
  sums.take(worker('live'), reportOf(1))
  sums.take(worker('live'), reportOf(2))
  const dead = DEAD_MAX * 2
  for (let index = 0; index < dead; index++) {
    sums.take(worker(`dead-${index}`), reportOf(3))
    sums.left(worker(`dead-${index}`))
  }
  const total = sums.total()
  const [cell] = total.cells
  assert.equal(total.cells.length, 1)
  assert.equal(cell!.count, 2 + 3 * dead)
  assert.equal(cell!.retried, 2 + 3 * dead)
  assert.equal(
    cell!.buckets.reduce((sum, count) => sum + count, 0),
    2 + 3 * dead,
  )
  assert.equal(cell!.sumMs, 3 * (2 + 3 * dead))
  assert.equal(total.unrouted, 1 + dead)
  assert.deepEqual([total.openConnections, total.openRequests], [5, 2])
})

void test('a worker that was only away is not counted twice', () => {
  const sums = createCounterSums()
  sums.take(worker('a'), reportOf(2))
  sums.left(worker('a'))
  assert.deepEqual(sums.total().openConnections, 0)
  sums.take(worker('a'), reportOf(3))
  assert.equal(sums.total().cells[0]!.count, 3)
})
