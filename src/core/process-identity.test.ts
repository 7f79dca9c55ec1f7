import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { isProvablyGone, isSameProcess, ownIdentity } from './process-identity.ts'

const me = ownIdentity()!

test('a running process is not gone', () => {
  assert.equal(isProvablyGone(me), false)
  assert.equal(isSameProcess(me, ownIdentity()!), true)
})

test('an ended process is gone', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  const identity = { ...me, pid: child.pid! }
  await once(child, 'close')
  assert.equal(isProvablyGone(identity), true)
})

test('a number that somebody else has by now belonged to a process that is gone', () => {
  assert.equal(isProvablyGone({ ...me, startTicks: me.startTicks - 1 }), true)
})

test('nothing is proven of another host or of another container', () => {
  const gone = { ...me, startTicks: me.startTicks - 1 }
  assert.equal(isProvablyGone({ ...gone, bootId: 'another' }), false)
  assert.equal(isProvablyGone({ ...gone, pidNamespace: 'pid:[1]' }), false)
})
