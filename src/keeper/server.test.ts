import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectKeeper } from './client.ts'
import { KeeperError } from './errors.ts'
import { LINE_BYTES_MAX } from './lines.ts'
import { socketPath } from './paths.ts'
import { startKeeper } from './successor.ts'
import { eventually, idle, makeKeeper, script, textOf } from './support.test.ts'

test('lines that are no request are refused one by one, and the connection goes on', async () => {
  await using keeper = await makeKeeper()
  const lines = [
    'null',
    '[]',
    '7',
    '{',
    '',
    '{"id":2}',
    '{"id":3,"op":"spawn"}',
    '{"id":4,"op":"spawn","spec":{"name":"../x","role":"instance","argv":["a"],"cwd":"/","env":{},"output":"/x"}}',
    '{"id":5,"op":"signal","name":"a","signal":"SIGNONE"}',
    '{"id":6,"op":"listen","name":"a","host":"127.0.0.1","port":-1}',
    '{"id":7,"op":"listen","name":"a","host":"localhost","port":0}',
    '{"id":8,"op":"shutdown"}',
    '{"id":9,"op":"__proto__"}',
  ]
  const socket = net.connect(socketPath(keeper.state, 'keeper'))
  socket.write(lines.join('\n') + '\n{"id":10,"op":"list"}\n')
  const replies: { id: number; ok: boolean; code?: string }[] = []
  let text = ''
  socket.on('data', (chunk) => (text += String(chunk)))
  await eventually('all answers', () => text.split('\n').length > lines.length + 1)
  for (const line of text.trim().split('\n')) replies.push(JSON.parse(line))
  socket.destroy()
  assert.deepEqual(
    replies.map(({ id }) => id).sort((a, b) => a - b),
    [-1, -1, -1, -1, -1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  )
  assert.deepEqual(new Set(replies.filter(({ ok }) => !ok).map(({ code }) => code)), new Set(['keeper.bad-request']))
  assert.equal(replies.filter(({ ok }) => ok).length, 1)
})

test('a line without end is cut off, and the keeper serves the others', async () => {
  await using keeper = await makeKeeper()
  const { pid } = await keeper.client.list()
  const socket = net.connect(socketPath(keeper.state, 'keeper'))
  socket.on('error', () => undefined)
  socket.resume()
  socket.write(Buffer.alloc(LINE_BYTES_MAX + 10, 'x'))
  await once(socket, 'close')
  assert.equal((await keeper.client.list()).pid, pid)
})

test('only the owner may speak to the keeper', async () => {
  await using keeper = await makeKeeper()
  assert.equal(statSync(socketPath(keeper.state, 'keeper')).mode & 0o777, 0o600)
})

test('a second keeper of the same state folder ends at once and changes nothing', async () => {
  await using keeper = await makeKeeper()
  const { pid } = await keeper.client.list()
  await startKeeper(keeper.state)
  const second = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--state', keeper.state], {
    stdio: 'ignore',
  })
  assert.deepEqual(await once(second, 'exit'), [0, null])
  await keeper.client.spawn(script(keeper.state, 'api', idle))
  assert.equal((await (await keeper.reconnect()).list()).pid, pid)
})

test('a keeper started while another one ends waits for that end', async () => {
  await using keeper = await makeKeeper()
  const { pid } = await keeper.client.list()
  const slow = `process.on('SIGTERM', () => setTimeout(() => process.exit(0), 600)); console.log('up'); ${idle}`
  const { output } = await keeper.client.spawn(script(keeper.state, 'api', slow))
  await eventually('it is up', () => textOf(output) === 'up\n')
  await keeper.client.shutdown(2_000)
  const second = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--state', keeper.state], {
    stdio: 'ignore',
  })
  assert.deepEqual(await keeper.client.closed, { bye: true })
  const client = await keeper.reconnect()
  assert.equal((await client.list()).pid, second.pid)
  assert.notEqual(second.pid, pid)
})

test('a request that outlives its connection rejects, and so does one that comes after', async () => {
  await using keeper = await makeKeeper()
  const { pid } = await keeper.client.list()
  process.kill(pid, 'SIGSTOP')
  const asked = keeper.client.list()
  process.kill(pid, 'SIGKILL')
  await assert.rejects(asked, { code: 'keeper.connection-lost' })
  await assert.rejects(keeper.client.list(), { code: 'keeper.connection-lost' })
  // The socket of a process that is being killed may take a last connection.
  await eventually('nobody answers', () =>
    connectKeeper(keeper.state).then(
      (client) => {
        client.close()
        return false
      },
      (error: unknown) => error instanceof KeeperError && error.code === 'keeper.unreachable',
    ),
  )
})

test('a keeper that hangs is told from one that answers', async () => {
  await using keeper = await makeKeeper()
  const { pid } = await keeper.client.list()
  process.kill(pid, 'SIGSTOP')
  try {
    const client = await connectKeeper(keeper.state, { requestTimeoutMs: 50 })
    await assert.rejects(client.list(), { code: 'keeper.timeout' })
    client.close()
  } finally {
    process.kill(pid, 'SIGCONT')
  }
})

test('a terminal that closes or interrupts does not end the keeper; SIGTERM does, in order', async () => {
  await using keeper = await makeKeeper()
  const { pid } = await keeper.client.list()
  process.kill(pid, 'SIGHUP')
  process.kill(pid, 'SIGINT')
  assert.equal((await keeper.client.list()).pid, pid)
  process.kill(pid, 'SIGTERM')
  assert.deepEqual(await keeper.client.closed, { bye: true })
})
