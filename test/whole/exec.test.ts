import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { stateOf } from '../support/processes.ts'
import { plainConfig, root, TestProject, until } from '../support/project.ts'

const TOKEN = 'sw-exec-91c7d0e3a2'

void test("exec runs a command as the service's own: folder, environment, stdio, exit code, no shell", async () => {
  const service = { secrets: ['API_TOKEN'], env: { NAME: 'v1', GREETING: 'a $HOME b' } }
  await using project = new TestProject(plainConfig({ service }))
  await project.must(['up', '--detach'], { API_TOKEN: TOKEN })
  const live = (await project.status()).world.live!

  const script = 'console.log(JSON.stringify({ cwd: process.cwd(), argv: process.argv.slice(1), env: process.env }))'
  const seen = await project.must(['exec', 'api', '--', 'node', '-e', script, '--', '--json', '$HOME *'], {
    AWS_PROFILE: 'sw-leak',
  })
  const { cwd, argv, env } = JSON.parse(seen.stdout) as { cwd: string; argv: string[]; env: Record<string, string> }
  assert.ok(cwd.startsWith(join(project.stateFolder, 'releases')), cwd)
  assert.deepEqual(argv, ['--json', '$HOME *'], 'words arrive as they are, those that look like our own options too')
  assert.deepEqual(
    [env['API_TOKEN'], env['GREETING'], env['RELEASE'], env['INSTANCE'], env['NODE_ENV']],
    [TOKEN, 'a $HOME b', live, `exec api@${live}`, 'production'],
  )
  assert.equal(env['AWS_PROFILE'], undefined, 'nothing of the environment of the caller')

  const code = await project.run(['exec', 'api', 'local', '--', 'node', '-e', 'process.exit(7)'])
  assert.equal(code.code, 7)
  const killed = await project.run(['exec', 'api', '--', 'sh', '-c', 'kill -KILL $$'])
  assert.equal(killed.code, 137)

  // Its number names an older release, as long as that is there.
  project.configure(plainConfig({ service: { ...service, env: { NAME: 'v2' } } }))
  await project.must(['deploy'], { API_TOKEN: TOKEN })
  const older = await project.must(['exec', 'api', '--release', '1', '--', 'sh', '-c', 'echo $NAME $RELEASE'])
  assert.equal(older.stdout, `v1 ${live}\n`)

  await project.must(['exec', 'api', '--', 'echo', `token=${TOKEN}`])
  const { events } = await project.control.call('events', { after: 0, limit: 100 })
  const noted = events.filter(({ kind }) => kind === 'exec').map(({ text }) => text)
  assert.equal(noted.length, 5)
  assert.match(noted.at(-1)!, /^\S+@\S+ \(pid \d+\) runs 'echo token=\[API_TOKEN\]' in api of 2-/)
  assert.ok(!JSON.stringify(events).includes(TOKEN), 'no secret in the events')
})

void test('exec hands input and signals on, and ends with the command', async () => {
  await using project = new TestProject(plainConfig())
  await project.must(['up', '--detach'])
  const script =
    "process.on('SIGTERM', () => { console.log('heard'); process.exit(9) }); process.stdin.on('data', (text) => process.stdout.write('in ' + process.pid + ' ' + text))"
  const child = spawn(process.execPath, [join(root, 'bin/seaworthy.js'), 'exec', 'api', '--', 'node', '-e', script], {
    cwd: project.folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (text: Buffer) => (said += text.toString()))
  child.stdin.write('hello\n')
  await until(() => /in \d+ hello/.test(said), 'the answer of the command')
  const pid = Number(/in (\d+)/.exec(said)![1])
  child.kill('SIGTERM')
  try {
    await until(() => child.exitCode !== null && child.stdout.readableEnded, 'the end of it')
  } finally {
    if (stateOf(pid) !== null) process.kill(pid, 'SIGKILL')
  }
  assert.deepEqual([child.exitCode, said.endsWith('heard\n')], [9, true], said)
  assert.equal(stateOf(pid), null, 'the command is gone')
})

void test('exec says what is missing: a live release, a service, a program, the command itself', async () => {
  await using project = new TestProject(plainConfig({ services: { web: { static: '.', routes: ['/web'] } } }))
  await refused(['exec', 'api', '--', 'true'], 'environment.down', 1)
  await project.must(['up', '--detach'])
  await refused(['exec', 'api', '--', './absent'], 'exec.not-found', 127)
  await refused(['exec', 'api', '--', './plain.mjs'], 'exec.not-started', 126)
  await refused(['exec', 'apo', '--', 'true'], 'service.unknown', 1)
  await refused(['exec', 'web', '--', 'true'], 'service.unknown', 1)
  await refused(['exec', 'api', '--release', '99', '--', 'true'], 'release.unknown', 1)
  await refused(['exec', 'api', 'true'], 'cli.usage', 2)
  await refused(['exec', 'api', '--'], 'cli.usage', 2)

  async function refused(args: readonly string[], code: string, exit: number): Promise<void> {
    const result = await project.run(args)
    assert.ok(result.stderr.includes(`[${code}]`), `${args.join(' ')}: ${result.stderr}${result.stdout}`)
    assert.equal(result.code, exit, args.join(' '))
  }
})
