import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeeperClient } from '../keeper/client.ts'
import { KeeperError } from '../keeper/errors.ts'
import { startControl } from './bring-up.ts'

type Spawns = Pick<KeeperClient, 'list' | 'spawn'>
const exited = { children: [{ name: 'control', state: 'exited' }] }

test('control that its keeper has started again meanwhile is as good as one that is started here', async () => {
  const refusing = (code: string): Spawns =>
    ({
      list: async () => exited,
      spawn: () => Promise.reject(new KeeperError(code, 'control is running')),
    }) as unknown as Spawns
  await startControl(refusing('keeper.name-taken'), '/state')
  await assert.rejects(startControl(refusing('keeper.shutting-down'), '/state'), { code: 'keeper.shutting-down' })
})

test('one that runs is left alone', async () => {
  const running = { list: async () => ({ children: [{ name: 'control', state: 'running' }] }) } as unknown as Spawns
  await startControl(running, '/state')
})
