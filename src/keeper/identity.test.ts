import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CHILD_VARIABLE, endMarked, findMarked, isAlive, parseStat, readIdentity, signalProcess } from './identity.ts'
import { eventually } from './support.test.ts'

test('the start time is read behind a program name with spaces and parentheses', () => {
  const fields = Array.from({ length: 50 }, (_, index) => String(index + 3))
  fields[0] = 'S'
  assert.deepEqual(parseStat(`7 (a) b (c ) S) ${fields.join(' ')}`), { state: 'S', group: 5, startTicks: 22 })
})

test('this process is alive, and is not the one that had its pid before', () => {
  const identity = readIdentity(process.pid)
  assert.ok(identity)
  assert.equal(isAlive(identity), true)
  assert.equal(isAlive({ ...identity, startTicks: identity.startTicks - 1 }), false)
  assert.equal(isAlive({ ...identity, bootId: 'before' }), false)
})

test('a zombie is not alive although a signal still reaches it', async () => {
  // The shell's child ends while the shell, replaced by sleep, never asks for its status.
  const shell = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const [bytes] = (await once(shell.stdout, 'data')) as [Buffer]
    const identity = await eventually('the zombie', () => {
      const found = readIdentity(Number(bytes))
      return found && !isAlive(found) ? found : undefined
    })
    assert.equal(process.kill(identity.pid, 0), true)
    assert.equal(signalProcess(identity, 'SIGTERM'), false)
  } finally {
    shell.kill('SIGKILL')
    await once(shell, 'exit')
  }
})

test('a process of the same pid but another start is never signalled', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true })
  try {
    const identity = readIdentity(child.pid ?? 0)
    assert.ok(identity)
    const other = { ...identity, startTicks: identity.startTicks + 1 }
    assert.equal(signalProcess(other, 'SIGKILL'), false)
    assert.equal(signalProcess(other, 'SIGKILL', true), false)
    assert.equal(isAlive(identity), true)
    assert.equal(signalProcess(identity, 'SIGKILL', true), true)
    await once(child, 'exit')
    assert.equal(isAlive(identity), false)
  } finally {
    child.kill('SIGKILL')
  }
})

test('of marked processes that lead groups of their own, the child is the oldest: a database gives each of its own one', async () => {
  const mark = `identity-test-${process.pid}`
  const env = { PATH: process.env['PATH'], [CHILD_VARIABLE]: `${mark}:need-db` }
  const child = spawn('sh', ['-c', 'sleep 0.1; setsid sleep 60 & sleep 60; wait'], {
    stdio: 'ignore',
    detached: true,
    env,
  })
  const leaders = (): readonly number[] =>
    readdirSync('/proc')
      .map(Number)
      .filter((pid) => {
        try {
          const environ = readFileSync(`/proc/${pid}/environ`, 'utf8')
          return environ.includes(`${mark}:`) && parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.group === pid
        } catch {
          return false
        }
      })
  try {
    await eventually('the second group', () => leaders().length === 2 || undefined)
    assert.equal(findMarked(mark).get('need-db')?.pid, child.pid)
  } finally {
    for (const pid of leaders()) process.kill(-pid, 'SIGKILL')
    await once(child, 'exit')
  }
})

test('what carries the mark of one child is ended, in whatever session; what carries that of another stays', async (t) => {
  const mark = `test-${process.pid}-end`
  const start = (name: string) => {
    const env = { PATH: process.env['PATH'], [CHILD_VARIABLE]: `${mark}:${name}` }
    const child = spawn('sleep', ['60'], { env, detached: true })
    t.after(() => child.kill('SIGKILL'))
    return readIdentity(child.pid!)!
  }
  const [own, other] = [start('hook:after:d1@1-a'), start('hook:after:d1@1-ab')]
  await endMarked(mark, 'hook:after:d1@1-a')
  assert.deepEqual([own, other].map(isAlive), [false, true])
  await endMarked(mark, null)
  assert.equal(isAlive(other), false)
})
