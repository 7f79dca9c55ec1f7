import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { listListeners, listenersOf, parseTable } from './listeners.ts'

test('addresses and ports are read from the hexadecimal of /proc/net', () => {
  const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 100 0 0 10 0
   1: 0100007F:1F91 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0 100 0 0 10 0
   2: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 7 1 0`
  assert.deepEqual(parseTable(text), [
    { address: '127.0.0.1', port: 8080, inode: '4242' },
    { address: '::1', port: 80, inode: '7' },
  ])
})

test('a listening socket of ours is seen', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  assert.ok(listListeners().some((listener) => listener.port === port && listener.address === '127.0.0.1'))
  server.close()
})

test('an instance owns what its program and the children of its program listen on', async () => {
  const inner = `require('net').createServer().listen(0,'127.0.0.1',function(){console.log(this.address().port)})`
  const child = spawn('sh', ['-c', `"${process.execPath}" -e "${inner}"; true`], {
    env: { INSTANCE: 'api@1-x-1', PATH: process.env['PATH']! },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(chunk.toString())
  assert.deepEqual(
    listenersOf({ id: 'api@1-x-1', pid: null }).map((listener) => listener.port),
    [port],
  )
  assert.deepEqual(listenersOf({ id: 'api@1-x-2', pid: null }), [])
  process.kill(-child.pid!, 'SIGKILL')
})
