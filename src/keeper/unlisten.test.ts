import assert from 'node:assert/strict'
import { readlinkSync } from 'node:fs'
import { test } from 'node:test'
import { identityOf, idle, makeKeeper, script } from './support.test.ts'

test('a socket that is let go stays with the child that has inherited it; nobody else gets it', async () => {
  await using keeper = await makeKeeper()
  const { client, state } = keeper
  await client.listen({ name: 'https', host: '127.0.0.1', port: 0 })
  const { pid } = identityOf(await client.spawn(script(state, 'worker', idle, { sockets: ['https'] })))
  await client.unlisten('https')
  assert.deepEqual((await client.list()).sockets, [])
  assert.match(readlinkSync(`/proc/${pid}/fd/3`), /^socket:/)
  // Twice is once, and a child that asks for it is refused.
  await client.unlisten('https')
  await assert.rejects(client.spawn(script(state, 'late', idle, { sockets: ['https'] })), {
    code: 'keeper.unknown-socket',
  })
})
