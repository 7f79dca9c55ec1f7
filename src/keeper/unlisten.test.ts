import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, idle, makeKeeper, script } from './support.test.ts'

test('a socket that is let go stays with the child that has inherited it, and its name and port are free', async () => {
  await using keeper = await makeKeeper()
  const { client, state } = keeper
  const { port } = await client.listen({ name: 'https', host: '127.0.0.1', port: 0 })
  await client.spawn(script(state, 'worker', idle, { sockets: ['https'] }))
  await client.unlisten('https')
  assert.deepEqual((await client.list()).sockets, [])
  // Twice is once, and a child that asks for it is refused.
  await client.unlisten('https')
  await assert.rejects(client.spawn(script(state, 'late', idle, { sockets: ['https'] })), {
    code: 'keeper.unknown-socket',
  })
  // The child holds the port; when it is gone nobody does.
  await assert.rejects(client.listen({ name: 'https', host: '127.0.0.1', port }), { code: 'keeper.cannot-listen' })
  await client.signal({ name: 'worker', signal: 'SIGKILL' })
  await keeper.exitOf('worker')
  await eventually('the port is free', async () => {
    const opened = await client.listen({ name: 'https', host: '127.0.0.1', port }).catch(() => null)
    return opened?.port === port
  })
})
