import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { rawConnection, throwawayFolder, until } from '../testing.ts'
import { startFileServer, type FileServer } from './file-server.ts'

const ROOT = { host: null, path: '/' }
const bugs: string[] = []
let folder: string
let server: FileServer

before(async () => {
  folder = throwawayFolder()
  mkdirSync(join(folder, 'docs'))
  writeFileSync(join(folder, 'index.html'), '<h1>start</h1>')
  writeFileSync(join(folder, 'docs/index.html'), 'docs')
  writeFileSync(join(folder, 'app.3fa9c1d2.js'), '0123456789')
  writeFileSync(join(folder, '.env'), 'SECRET')
  server = await startFileServer({
    folder,
    routes: [ROOT, { host: null, path: '/mounted' }, { host: 'b.example', path: '/docs' }],
    listen: { host: '127.0.0.1', port: 0 },
    onBug: (message) => bugs.push(message),
  })
})

after(async () => {
  await server.retire()
  rmSync(folder, { recursive: true, force: true })
})

async function get(path: string, headers = '', method = 'GET', host = 'a.example'): Promise<string> {
  using client = rawConnection(
    server.address.port,
    `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${headers}\r\n`,
  )
  await until(() => client.ended)
  return client.text
}

test('it answers as the gateway does: types, caching, ranges, folders, and no dotfile', async () => {
  const page = await get('/')
  assert.match(page, /^HTTP\/1\.1 200 /)
  assert.match(page, /Content-Type: text\/html; charset=utf-8/)
  assert.ok(page.endsWith('<h1>start</h1>'))
  assert.match(await get('/app.3fa9c1d2.js', 'Range: bytes=2-4\r\n'), /^HTTP\/1\.1 206 [^]*\r\n\r\n234$/)
  assert.match(await get('/docs'), /^HTTP\/1\.1 308 [^]*Location: \/docs\//)
  assert.match(await get('/.env'), /^HTTP\/1\.1 404 /)
  assert.match(await get('/%2e%2e/etc/passwd'), /^HTTP\/1\.1 40[04] /)
  assert.match(await get('/nothing.txt'), /^HTTP\/1\.1 404 /)
  assert.match(await get('/', 'Content-Length: 3\r\n', 'POST'), /^HTTP\/1\.1 405 [^]*Allow: GET, HEAD/)
  assert.deepEqual(bugs, [])
})

test('a route is where the folder is mounted, for its own host', async () => {
  assert.match(await get('/mounted/docs/'), /^HTTP\/1\.1 200 [^]*\r\n\r\ndocs$/)
  assert.match(await get('/docs/app.3fa9c1d2.js'), /^HTTP\/1\.1 404 /)
  assert.match(await get('/docs/app.3fa9c1d2.js', '', 'GET', 'b.example'), /^HTTP\/1\.1 200 /)
})

test('a folder that is not there is told before anything listens', async () => {
  const options = { routes: [ROOT], listen: { host: '127.0.0.1', port: 0 }, onBug: () => {} }
  await assert.rejects(startFileServer({ folder: join(folder, 'none'), ...options }), { code: 'files.no-folder' })
})

test('as a program it ends with 0 on SIGTERM, after what it has begun', { timeout: 60_000 }, async (t) => {
  const main = join(import.meta.dirname, 'main.ts')
  const port = await freePort()
  const child = spawn(process.execPath, [main, folder, 'a.example/', '/files'], {
    env: { ...process.env, HOST: '127.0.0.1', PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await until(async () => (await fetch(`http://127.0.0.1:${port}/files/`).catch(() => null))?.status === 200)
  child.kill('SIGTERM')
  assert.equal(await ended, 0, lines.join('\n'))
})

/** One that nobody has just now. */
async function freePort(): Promise<number> {
  const probe = await startFileServer({
    folder,
    routes: [ROOT],
    listen: { host: '127.0.0.1', port: 0 },
    onBug: () => {},
  })
  const { port } = probe.address
  await probe.retire()
  await until(
    () => new Promise((resolve) => connect(port, '127.0.0.1', () => resolve(false)).once('error', () => resolve(true))),
  )
  return port
}
