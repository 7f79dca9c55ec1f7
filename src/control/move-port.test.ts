import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Release } from '../deploy/release.ts'
import { hasItsPort, moveFromTakenPort } from './move-port.ts'
import { State, type InstanceRow } from './state.ts'

async function make(t: TestContext, insistsOn: number | null) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-port-'))
  const state = new State(join(folder, 'state.db'))
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const run = { kind: 'program', argv: ['serve', '--port', '$PORT'] }
  const services = { api: { run, port: insistsOn, env: { NAME: 'v1' }, graceMs: 50, templates: {} } }
  state.saveRelease({ id: '1-x', sequence: 1, config: { services } } as unknown as Release)
  const { port } = server.address() as AddressInfo
  const row: InstanceRow = {
    id: 'api@1-x-1',
    service: 'api',
    release: '1-x',
    host: '127.0.0.1',
    port,
    argv: ['serve', '--port', String(port)],
    cwd: '/artifact',
    env: { PATH: '/bin', PORT: String(port) },
    graceMs: 50,
    startedAt: 7,
  }
  state.saveInstance(row)
  return { folder, state, server, row }
}

test('an instance whose port a stranger holds is the same one on another, in argv and variables too', async (t) => {
  const { folder, state, row } = await make(t, null)
  assert.equal(await hasItsPort(row), false)
  const moved = (await moveFromTakenPort(row, folder, state))!
  assert.deepEqual([moved.id, moved.cwd, moved.startedAt], [row.id, row.cwd, row.startedAt])
  assert.notEqual(moved.port, row.port)
  assert.deepEqual(moved.argv, ['serve', '--port', String(moved.port)])
  assert.deepEqual([moved.env['PORT'], moved.env['NAME'], moved.env['PATH']], [String(moved.port), 'v1', '/bin'])
  assert.deepEqual(state.instances(), [JSON.parse(JSON.stringify(moved))])
})

test('a free port is kept, and so is one that the service insists on', async (t) => {
  const insisting = await make(t, 9_000)
  assert.equal(await moveFromTakenPort(insisting.row, insisting.folder, insisting.state), null)
  const free = await make(t, null)
  await new Promise((resolve) => free.server.close(resolve))
  assert.equal(await moveFromTakenPort(free.row, free.folder, free.state), null)
  assert.equal(await hasItsPort({ ...free.row, port: null }), true)
})
