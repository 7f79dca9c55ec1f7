import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Problem } from '../../core/problem.ts'
import { connectControl } from './client.ts'
import { CALL_BYTES_MAX, serveApi, type Handlers } from './server.ts'

async function serve(t: TestContext, handlers: Partial<Handlers>): Promise<{ socket: string; errors: unknown[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-api-'))
  const socket = join(folder, 'control.sock')
  const errors: unknown[] = []
  const server = await serveApi(socket, handlers as Handlers, (_, error) => errors.push(error))
  t.after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { socket, errors }
}

test('a call brings its answer, and a problem arrives as it was thrown', async (t) => {
  const { socket } = await serve(t, {
    'lease.acquire': ({ holder }) => {
      if (holder === 'second')
        throw new Problem('deploy.locked', 'first is at work', { hint: 'Wait.', details: ['one'] })
      return { token: 7 }
    },
  })
  const control = connectControl(socket)
  t.after(() => control.close())
  assert.deepEqual(await control.call('lease.acquire', { holder: 'first', reason: 'deploy', process: null }), {
    token: 7,
  })
  await assert.rejects(
    control.call('lease.acquire', { holder: 'second', reason: 'deploy', process: null }),
    (problem: Problem) => {
      assert.deepEqual(problem.toJSON(), {
        code: 'deploy.locked',
        message: 'first is at work',
        hint: 'Wait.',
        details: ['one'],
      })
      return true
    },
  )
})

test('our own bug is not the caller’s: it is answered as such and told to whoever watches', async (t) => {
  const { socket, errors } = await serve(t, {
    status: () => {
      throw new TypeError('bug')
    },
  })
  const control = connectControl(socket)
  t.after(() => control.close())
  await assert.rejects(control.call('status', {}), /status: bug/)
  assert.equal(errors.length, 1)
})

test('an unknown method, a body that is no JSON and one that is too large are refused', async (t) => {
  const { socket } = await serve(t, { status: () => assert.fail('not to be reached') })
  const answers = await Promise.all([
    post(socket, '/v1/launch.missiles', '{}'),
    post(socket, '/v1/status', '{'),
    post(socket, '/v1/status', ' '.repeat(CALL_BYTES_MAX + 1)),
    post(socket, '/v1/constructor', '{}'),
  ])
  assert.deepEqual(answers, [
    '400 api.unknown-method',
    '400 api.not-json',
    '400 api.too-large',
    '400 api.unknown-method',
  ])
})

test('the socket is its owner’s alone', async (t) => {
  const { socket } = await serve(t, {})
  assert.equal(statSync(socket).mode & 0o777, 0o600)
})

test('a connection that breaks after a long wait is tried again: the time counts from the loss', async (t) => {
  let asked = 0
  const { socket } = await serve(t, {})
  const server = createServer((request, response) => {
    asked += 1
    if (asked > 1) return response.end('{"asked":2}')
    setTimeout(() => request.socket.destroy(), 300)
  })
  const slow = `${socket}.slow`
  await new Promise<void>((resolve) => server.listen(slow, resolve))
  t.after(() => server.close())
  const control = connectControl(slow, { awayMs: 150 })
  t.after(() => control.close())
  assert.deepEqual(await control.call('status', {}), { asked: 2 })
})

test('a call to nobody says how to start the environment', async () => {
  const control = connectControl(join(tmpdir(), 'seaworthy-nobody.sock'), { awayMs: 150 })
  await assert.rejects(control.call('status', {}), (problem: Problem) => {
    assert.equal(problem.code, 'environment.down')
    assert.match(problem.hint!, /seaworthy up/)
    return true
  })
  control.close()
})

function post(socketPath: string, path: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, method: 'POST' }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve(`${response.statusCode} ${(JSON.parse(text) as { code: string }).code}`))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
