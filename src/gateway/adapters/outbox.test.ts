import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import { postSoon } from './outbox.ts'

void test('messages are posted in order, behind the turn in which they came about', async () => {
  const posted: string[] = []
  postSoon({ post: () => posted.push('a') })
  postSoon({
    post() {
      posted.push('b')
      postSoon({ post: () => posted.push('from b') })
    },
  })
  postSoon({ post: () => posted.push('c') })
  assert.deepEqual(posted, [])
  await turn()
  assert.deepEqual(posted, ['a', 'b', 'c', 'from b'])
})

void test('nobody waits for more than 64 others', () => {
  const posted: number[] = []
  for (let index = 0; index < 63; index++) postSoon({ post: () => posted.push(index) })
  assert.equal(posted.length, 0)
  postSoon({ post: () => posted.push(63) })
  assert.equal(posted.length, 64)
})

void test('behind the bug of one, the others are posted all the same', async () => {
  const posted: number[] = []
  const bug = {
    post(): void {
      throw new Error('a bug')
    },
  }
  for (let index = 0; index < 63; index++) postSoon(index === 1 ? bug : { post: () => posted.push(index) })
  assert.throws(() => postSoon({ post: () => posted.push(63) }), /a bug/)
  assert.deepEqual(posted, [0])
  await turn()
  assert.equal(posted.length, 63)
})
