import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { runCommand } from '../run-command.ts'
import { insideOf, insideWords, lookInside } from './inside.ts'

/** What runs in a container runs here as well, and sees this process: a child of its parent that listens. */
for (const runtime of ['node', 'python'] as const) {
  test(`a look from inside with ${runtime}: sockets that listen, and the program`, async (t) => {
    const server = createServer()
    t.after(() => server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const [program, ...args] = insideWords(runtime)
    const command = { argv: [program!, ...args] as const, timeoutMs: 60_000, because: 'a test' }
    const { code, stdout } = await runCommand(command, { env: process.env })
    assert.equal(code, 0)
    const { listeners, program: found } = insideOf(stdout, process.ppid)
    assert.ok(listeners.some((one) => one.port === port && one.address === '127.0.0.1'))
    assert.ok(found !== null && found.cpuMs > 0, JSON.stringify(found))
  })
}

test('the engine answers for names in every container: that is no socket of the program', () => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
  const rest = '00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000 100 0 0 10 0'
  const table = [head, `   0: 0B00007F:A0F1 ${rest}`, `   1: 0100007F:1F90 ${rest}`].join('\n')
  const { listeners, program } = insideOf(JSON.stringify({ tables: [table, ''], stats: ['7 (a) b) S 3 0 0'] }))
  assert.deepEqual(
    listeners.map(({ address, port }) => [address, port]),
    [['127.0.0.1', 8080]],
  )
  assert.equal(program, null)
})

/** A `docker` that runs the words here, with the variables of a container that preloads something with words of its own. */
function preloading(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-docker-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'agent.cjs'), "process.stdout.write('agent: ready\\n')")
  const script = `#!${process.execPath}
const [, ...words] = process.argv.slice(2)
const env = { ...process.env, NODE_OPTIONS: ${JSON.stringify(`--require ${join(folder, 'agent.cjs')}`)} }
while (words[0] === '--env') {
  const [name, value] = words.splice(0, 2)[1].split('=')
  env[name] = value
}
const [, program, ...args] = words
const { status } = require('node:child_process').spawnSync(program, args, { env, stdio: 'inherit' })
process.exit(status)
`
  writeFileSync(join(folder, 'docker'), script, { mode: 0o755 })
  return { env: { PATH: `${folder}:${dirname(process.execPath)}` } }
}

test('what a service preloads does not come between', async (t) => {
  const inside = await lookInside(null, 'c', 'node', preloading(t))
  assert.ok(inside !== null && Array.isArray(inside.listeners))
})

test('a look that nobody can read says nothing, and fails nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-docker-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const env = { PATH: `${folder}:${dirname(process.execPath)}` }
  for (const said of ['agent: ready', '', 'null', '{}']) {
    writeFileSync(join(folder, 'docker'), `#!${process.execPath}\nconsole.log(${JSON.stringify(said)})`, {
      mode: 0o755,
    })
    assert.equal(await lookInside(null, 'c', 'node', { env }), null)
  }
})
