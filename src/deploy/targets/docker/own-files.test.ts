import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import type { Runtime } from './base.ts'
import { CHECK_VARIABLE, ownCheck, ownFiles, TEMPLATES_VARIABLE, type OwnCheck } from './own-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-own-'))
const secrets = join(folder, 'secrets')
mkdirSync(secrets)
writeFileSync(join(secrets, 'JWT_KEY'), 'geheim\n"x"')
const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
after(() => rmSync(folder, { recursive: true }))

const RUNTIMES: readonly Runtime[] = ['node', 'python']

function own(runtime: Runtime, place = secrets): { readonly program: string; enter: string; check: string } {
  const { program, enter, check, files } = ownFiles(runtime, place)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return { program, enter: join(folder, enter), check: join(folder, check) }
}

for (const runtime of RUNTIMES) {
  test(`${runtime}: the entry hands on secrets and words, and becomes the program`, async () => {
    const { program, enter } = own(runtime)
    const script =
      'console.log(JSON.stringify([process.env.JWT_KEY, process.pid, process.argv.slice(1)])); process.exitCode = 7'
    const child = spawn(program, [enter, 'node', '-e', script, '--', 'a b', '$HOME'], { env, cwd: folder })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const code = await new Promise((resolve) => child.once('close', resolve))
    assert.equal(code, 7)
    assert.deepEqual(JSON.parse(output), ['geheim\n"x"', child.pid, ['a b', '$HOME']])
  })

  test(`${runtime}: secrets as a kubelet lays them out: links into a folder beside them`, () => {
    const place = mkdtempSync(join(folder, 'kubelet-'))
    mkdirSync(join(place, '..2026_11_21'))
    writeFileSync(join(place, '..2026_11_21', 'JWT_KEY'), 'geheim')
    symlinkSync('..2026_11_21', join(place, '..data'))
    symlinkSync('..data/JWT_KEY', join(place, 'JWT_KEY'))
    const { program, enter } = own(runtime, place)
    const script = 'Object.keys(process.env).filter((name) => name.startsWith("..")).length + process.env.JWT_KEY'
    const { stdout, stderr } = spawnSync(program, [enter, 'node', '-p', script], { env, encoding: 'utf8' })
    assert.deepEqual([stdout, stderr], ['0geheim\n', ''])
  })

  test(`${runtime}: files are made of templates once, with what is known of the instance and nothing else`, () => {
    const place = mkdtempSync(join(folder, 'templates-'))
    writeFileSync(
      join(place, 'site.template'),
      'listen ${HOST}:$PORT; $uri $OTHER ${PATH} $INSTANCE in $INSTANCE_DIR\n',
    )
    const { program, enter } = own(runtime)
    const to = join(place, 'instance')
    const told = { HOST: '0.0.0.0', PORT: '8080', INSTANCE: 'api-x7k2p', INSTANCE_DIR: to }
    const templates = { [TEMPLATES_VARIABLE]: JSON.stringify({ 'site.template': 'conf.d/site.conf' }) }
    const file = join(to, 'conf.d/site.conf')
    const run = () =>
      spawnSync(program, [enter, 'node', '-e', ''], {
        env: { ...env, ...told, ...templates },
        cwd: place,
        encoding: 'utf8',
      })
    assert.deepEqual([run().status, run().stderr], [0, ''])
    assert.equal(readFileSync(file, 'utf8'), `listen 0.0.0.0:8080; $uri $OTHER \${PATH} api-x7k2p in ${to}\n`)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    // A command beside the program comes the same way, and finds them made.
    writeFileSync(file, 'changed')
    run()
    assert.equal(readFileSync(file, 'utf8'), 'changed')
    rmSync(join(place, 'site.template'))
    rmSync(file)
    assert.notEqual(run().status, 0)
  })

  test(`${runtime}: without secrets nothing is added; a program that is not there is named`, () => {
    const { program, enter } = own(runtime, join(folder, 'none'))
    const shown = spawnSync(program, [enter, 'node', '-p', 'process.env.JWT_KEY'], { env, encoding: 'utf8' })
    assert.deepEqual([shown.status, shown.stdout], [0, 'undefined\n'])
    for (const name of ['seaworthy-none', './seaworthy-none', '/seaworthy-none']) {
      const { status, stderr } = spawnSync(program, [enter, name], { env, cwd: folder, encoding: 'utf8' })
      assert.equal(status, 127)
      assert.ok(stderr.includes(`there is no program '${name}' in this image`), stderr)
    }
  })

  test(`${runtime}: the check passes and fails as the gate would`, async (t) => {
    const { program, check } = own(runtime)
    const server = await serve(t)
    const { port } = server.address() as AddressInfo
    const passes = (what: OwnCheck, at = port): Promise<boolean> =>
      new Promise((resolve) => {
        const variables = { ...env, PORT: String(at), [CHECK_VARIABLE]: JSON.stringify(what) }
        spawn(program, [check], { env: variables, stdio: 'ignore' }).once('exit', (code) => resolve(code === 0))
      })
    const ask = { status: null, body: null, below: 300 }
    const cases: readonly (readonly [OwnCheck, boolean])[] = [
      [{ ...ask, path: '/200' }, true],
      [{ ...ask, path: '/302' }, false],
      [{ ...ask, path: '/503' }, false],
      [{ ...ask, path: '/404', below: 500 }, true],
      [{ ...ask, path: '/503', below: 500 }, false],
      [{ ...ask, path: '/418', status: 418 }, true],
      [{ ...ask, path: '/200', status: 418 }, false],
      [{ ...ask, path: '/200', body: 'ready' }, true],
      [{ ...ask, path: '/200', body: 'other' }, false],
      [{ connect: true }, true],
      [{ argv: [process.execPath, '-e', ''] }, true],
      [{ argv: [process.execPath, '-e', 'process.exit(1)'] }, false],
    ]
    const seen = await Promise.all(cases.map(async ([what]) => [what, await passes(what)]))
    assert.deepEqual(seen, cases)
    await new Promise((resolve) => server.close(resolve))
    assert.equal(await passes({ ...ask, path: '/200' }), false)
    assert.equal(await passes({ connect: true }), false)
  })
}

test('what is asked follows the config: nothing where staying up is all there is', () => {
  const of = (more: object): OwnCheck | null =>
    ownCheck(dockerRelease({ api: { start: 'node main.js', ...more } }).config.services['api']!)
  const health = { ready: '/up', expect: { status: 204 } }
  assert.deepEqual(of({ routes: ['/'], health }), { path: '/up', status: 204, body: null, below: 300 })
  assert.deepEqual(of({ routes: ['/'] }), { path: '/health/readiness', status: null, body: null, below: 500 })
  assert.deepEqual(of({ health: { ready: 'node check.js' } }), { argv: ['node', 'check.js'] })
  assert.equal(of({}), null)
})

/** Answers with the status that the path names. */
async function serve(t: TestContext): Promise<Server> {
  const server = createServer((request, response) => {
    response.writeHead(Number(request.url!.slice(1)), { location: '/200', connection: 'close' }).end('it is ready')
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
