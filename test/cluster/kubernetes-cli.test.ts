/**
 * An environment on Kubernetes by the commands of a user, on a real cluster whose nodes run this machine's Docker engine: from
 * an empty namespace to a served address, and back. Not part of `bin/test`:
 * `KUBECONFIG=… node --test test/cluster/kubernetes-cli.test.ts`
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { failuresOf, startLoad } from '../support/load.ts'
import { importNodeBase, NamespaceProject } from '../support/namespace-project.ts'
import { plainConfig, type TestProject, until } from '../support/project.ts'

const SECRET = 'geheim-4711-nicht-weitersagen'
const AGAIN_MS = 120_000
const PLACE = 'plain-production'
const ATTACK = "/search?q=1'%20OR%20'1'%3D'1"
/** Changes one byte in its place: owner and mode stay. */
const ALTER = `const [file, at] = process.argv.slice(1)
const handle = fs.openSync(file, 'r+')
const byte = Buffer.alloc(1)
fs.readSync(handle, byte, 0, 1, Number(at))
byte[0] ^= 1
fs.writeSync(handle, byte, 0, 1, Number(at))`
const CLAIM = `state-${PLACE}-control-0`

interface Status {
  readonly url: string
  readonly world: { readonly live: string; readonly warm: string | null }
  readonly instances: readonly { readonly service: string; readonly release: string; readonly state: string }[]
}

function configOf(namespace: string, { name = 'v1', env = {}, health = {}, watchMs = 2_000, http = 80 } = {}): object {
  const config = plainConfig({
    env: { NAME: name, ...env },
    service: {
      secrets: ['API_KEY'],
      scale: { min: 2 },
      health: {
        ready: '/health/readiness',
        live: '/health/liveness',
        interval: '1s',
        timeout: '2s',
        deadline: '90s',
        passes: 1,
        failures: 3,
        ...health,
      },
    },
  })
  const watch = { for: `${watchMs}ms`, warm: '30min', p95: '100x' }
  const production = { target: 'kubernetes', context: 'local', namespace, watch, drain: '2s' }
  return { ...config, gateway: { listen: { http } }, environments: { production } }
}

test('an environment on Kubernetes, by its commands', { timeout: 900_000 }, async (t) => {
  importNodeBase()
  await using project = new NamespaceProject({
    configOf,
    // Files of their own make images of their own, which no test before has left behind.
    files: { 'test.txt': randomUUID() },
    place: PLACE,
  })
  project.variables = { API_KEY: SECRET }
  const { namespace, kubectl } = { namespace: project.namespace, kubectl: project.kubectl.bind(project) }
  const run = (...words: readonly string[]) => project.run(words)
  const must = async (...words: readonly string[]) => (await project.must(words)).stdout
  const status = async (): Promise<Status> => JSON.parse(await must('status', '--json')) as Status
  const liveOf = async (): Promise<string> => (await status()).world.live
  const address = (): string => project.address()
  const ask = async (path = '/'): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`http://${address()}${path}`, { headers: { connection: 'close' } })
    return { status: answer.status, text: await answer.text() }
  }
  const nameAt = async (): Promise<string> => (JSON.parse((await ask()).text) as { name: string }).name
  const objects = (): readonly string[] =>
    kubectl('get', 'all,configmaps,secrets,networkpolicies', '--selector', 'seaworthy.app=plain', '--output', 'name')
      .split('\n')
      .filter((line) => line !== '')

  await t.test('without its namespace every command says so, and who makes one', async () => {
    const { code, stderr } = await run('deploy')
    assert.equal(code, 1)
    assert.match(stderr, /\[cluster\.no-namespace\]/)
    assert.match(stderr, new RegExp(`kubectl --context local create namespace ${namespace}`))
  })
  project.makeNamespace()

  await t.test('a plan where nothing is: what comes, by which commands, and nothing is touched', async () => {
    const plan = JSON.parse(await must('plan', '--json')) as {
      readonly installation: { readonly kind: string }
      readonly commands: readonly (readonly string[])[]
    }
    assert.equal(plan.installation.kind, 'make')
    assert.deepEqual(
      plan.commands.map(([program]) => program),
      ['docker', 'kubectl'],
    )
    const { stdout } = await run('deploy', '--dry-run')
    assert.match(stdout, /^ {2}\+ Deployment plain-production-api-1-/m)
    assert.match(stdout, /^ {2}\$ kubectl --context local .* apply --server-side /m)
    assert.doesNotMatch(JSON.stringify(plan) + stdout, new RegExp(SECRET))
    assert.deepEqual(objects(), [])
  })

  await t.test('from nothing: one deploy installs, builds and serves', async (tt) => {
    const begun = performance.now()
    const said = await must('deploy')
    tt.diagnostic(`first deploy, installation and image included: ${seconds(begun)}`)
    assert.match(said, /plain-production-control and plain-production-gateway: made and started/)
    assert.equal(await nameAt(), 'v1')
    const { url, instances } = await status()
    assert.equal(url, `http://${PLACE}-gateway.${namespace}.svc`)
    assert.deepEqual(
      instances.map(({ service, state }) => `${service} ${state}`),
      ['api running', 'api running'],
    )
  })

  await t.test('made again it changes nothing; a fresh checkout has the same secrets', async () => {
    const before = kubectl('get', 'pods', '--output', 'jsonpath={.items[*].metadata.uid}')
    assert.doesNotMatch(await must('up'), /made and started|replaced|sent to the engine/)
    assert.equal(kubectl('get', 'pods', '--output', 'jsonpath={.items[*].metadata.uid}'), before)
    rmSync(project.stateFolder, { recursive: true })
    assert.match(await must('deploy'), /nothing changed/)
  })

  await t.test('logs, and a command beside the program; no secret is in a variable of a pod', async () => {
    const lines = (await must('logs', '--service', 'api', '--json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { instance: string; message: string })
    assert.equal(lines.length, 2)
    for (const { message } of lines) assert.match(message, /^listening port=8080 /)
    assert.equal(new Set(lines.map(({ instance }) => instance)).size, 2)
    assert.match(await must('logs', '--service', 'gateway'), /gateway/)
    const script =
      'process.stdout.write([process.env.API_KEY === process.argv[1], process.getuid(), process.env.NAME].join())'
    assert.equal(await must('exec', 'api', '--', 'node', '-e', script, SECRET), 'true,65532,v1')
    assert.equal((await run('exec', 'api', '--', 'node', '-e', 'process.exit(7)')).code, 7)
    assert.doesNotMatch(kubectl('get', 'pods,deployments,configmaps', '--output', 'json'), new RegExp(SECRET))
  })

  await t.test('`logs -f` goes on with a pod that comes later', async () => {
    const child = spawn(process.execPath, [project.program, 'logs', '-f', '-n', '0', '--service', 'api', '--json'], {
      cwd: project.folder,
      env: { ...process.env, API_KEY: SECRET },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const pods = kubectl('get', 'pods', '--selector', 'seaworthy.service=api', '--output', 'name').split('\n')
    kubectl('delete', pods[0]!, '--wait=false')
    await until(() => said.includes('listening port=8080'), 'the line of the new pod', AGAIN_MS)
    child.kill('SIGINT')
    await ended
  })

  await t.test('what there is no way to yet is refused by its name', async () => {
    assert.match((await run('load')).stderr, /\[target\.not-yet\]/)
  })

  await t.test('the trail and the security events are listed, followed and verified here', async () => {
    assert.equal((await ask(ATTACK)).status, 403)
    const events = async () =>
      JSON.parse(await must('guard', 'events', '--json', '--class', 'sqli')) as readonly object[]
    await until(async () => (await events()).length > 0, 'the refusal on record')
    assert.match(await must('audit-trail', '--limit', '3'), /^\d+ +\S+Z +/)
    const verified = await must('audit-trail', '--verify')
    assert.match(verified, /^\d+ records follow each other from the first to the last/)
    assert.match(await must('guard', 'events', '--verify'), /events follow each other from 1 to/)
    const child = spawn(process.execPath, [project.program, 'guard', 'events', '--follow', '--json', '--limit', '1'], {
      cwd: project.folder,
      env: { ...process.env, API_KEY: SECRET },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    let lines = 0
    child.stdout.on('data', (chunk: Buffer) => (lines += chunk.toString().split('\n').length - 1))
    await until(() => lines === 1, 'the newest event')
    assert.equal((await ask(ATTACK)).status, 403)
    await until(() => lines === 2, 'the next one')
    child.kill('SIGINT')
    await ended
    const alter = (): void => {
      const file = '/var/lib/seaworthy/audit-trail.jsonl'
      kubectl('exec', `${PLACE}-control-0`, '--container', 'control', '--', 'node', '-e', ALTER, file, '40')
    }
    alter()
    const altered = await run('audit-trail', '--verify')
    assert.equal(altered.code, 1)
    assert.match(altered.stderr, /audit-trail\.jsonl line 1: .* \[audit\.broken\]/)
    alter()
    assert.match(await must('audit-trail', '--verify'), /records follow each other/)
  })

  await t.test('a deploy under load, a rollback and a restart lose no request; a pause', async (tt) => {
    await using load = startLoad({ host: address(), port: 80, clients: 4, pauseMs: 20 })
    project.configure(configOf(namespace, { name: 'v2' }))
    assert.match(await must('plan'), /^ {2}\+ Deployment plain-production-api-\d+-/m)
    for (const [words, name] of [
      [['deploy'], 'v2'],
      [['rollback'], 'v1'],
      [['restart'], 'v1'],
    ] as const) {
      const begun = performance.now()
      await must(...words)
      tt.diagnostic(`${words.join(' ')}: ${seconds(begun)}`)
      assert.equal(await nameAt(), name)
    }
    const answers = await load.stop()
    assert.deepEqual(failuresOf(answers), [])
    tt.diagnostic(`${answers.length} requests, none failed`)
    await must('pause', '--maintenance')
    assert.equal((await ask()).status, 503)
    await must('resume')
    assert.equal(await nameAt(), 'v1')
  })

  await t.test('a release that does not become ready is refused; one that breaks later is taken back', async () => {
    const live = await liveOf()
    project.configure(configOf(namespace, { name: 'crash', env: { CRASH: 'no database' } }))
    const refused = await run('deploy')
    assert.equal(refused.code, 1, refused.stdout)
    assert.match(refused.stderr, /\[deploy\.gate-failed\]/)
    assert.match(refused.stderr, /crash-loop, proven/)
    assert.deepEqual([await liveOf(), await nameAt()], [live, 'v1'])
    await using load = startLoad({ host: address(), port: 80, clients: 4, pauseMs: 20 })
    project.configure(configOf(namespace, { name: 'rotten', env: { ROTS_AFTER_MS: '1000' }, watchMs: 60_000 }))
    const { code, stdout } = await run('deploy')
    await load.stop()
    assert.equal(code, 1, stdout)
    assert.deepEqual([await liveOf(), await nameAt()], [live, 'v1'])
  })

  await t.test('a deploy that was killed is undone by `--abort`, and gone on with by `--resume`', async () => {
    const live = await liveOf()
    project.configure(configOf(namespace, { name: 'v3' }))
    assert.equal((await project.run(['deploy'], { SEAWORTHY_CRASH_AT: 'start:api:end' })).signal, 'SIGKILL')
    await must('deploy', '--abort')
    assert.equal(await liveOf(), live)
    assert.equal((await project.run(['deploy'], { SEAWORTHY_CRASH_AT: 'start:api:end' })).signal, 'SIGKILL')
    await must('deploy', '--resume')
    assert.equal(await nameAt(), 'v3')
  })

  await t.test('one service is stopped and started: its pods follow', async () => {
    await must('stop', '--service', 'api')
    assert.equal((await ask()).status, 503)
    const pods = (): string => kubectl('get', 'pods', '--selector', 'seaworthy.service=api', '--output', 'name')
    const live = await liveOf()
    const ofLive = (): string =>
      kubectl('get', 'deployments', '--selector', `seaworthy.release=${live}`, '--output', 'name')
    assert.equal(ofLive(), '')
    await must('stop', '--service', 'api', '--start')
    assert.equal(await nameAt(), 'v3')
    assert.notEqual(pods(), '')
  })

  let live = ''
  await t.test('stopped it is stopped, and whoever asks is told; `up` brings the same release back', async (tt) => {
    live = await liveOf()
    assert.match(await must('stop'), new RegExp(CLAIM))
    assert.equal(kubectl('get', 'pods', '--output', 'name'), '')
    const refused = await run('status')
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /environment\.unreachable/)
    // What holds the files is not there: that is said, and never taken for an empty trail.
    const unread = await run('audit-trail', '--verify')
    assert.equal(unread.code, 1)
    assert.match(unread.stderr, /\[environment\.unreachable\][^]*seaworthy up/)
    const { installation } = JSON.parse(await must('plan', '--json')) as { installation: { kind: string } }
    assert.equal(installation.kind, 'start')
    const begun = performance.now()
    // What a release has of its secrets is of its own day.
    await project.must(['up'], { API_KEY: `${SECRET}-another` })
    tt.diagnostic(`up again: ${seconds(begun)}`)
    assert.deepEqual([await liveOf(), await nameAt()], [live, 'v3'])
    const same = 'process.stdout.write(String(process.env.API_KEY === process.argv[1]))'
    assert.equal(await must('exec', 'api', '--', 'node', '-e', same, SECRET), 'true')
    assert.match(await must('stop'), /stopped/)
    assert.match(await must('stop'), /is not up/)
  })

  await t.test('removed: its volume stays; a deploy brings back what was live and goes on from there', async () => {
    await must('stop', '--remove')
    await until(() => objects().length === 0, 'everything to be gone', AGAIN_MS)
    assert.match(kubectl('get', 'persistentvolumeclaims', '--output', 'name'), new RegExp(CLAIM))
    project.configure(configOf(namespace, { name: 'v4' }))
    await must('deploy')
    assert.equal(await nameAt(), 'v4')
    // What was warm went with the stop: it is started anew.
    await must('rollback')
    assert.deepEqual([await liveOf(), await nameAt()], [live, 'v3'])
  })

  await t.test(
    'doctor: all is there; an identity that may less is told each right, and the role that gives them',
    async () => {
      const doctor = await must('doctor')
      assert.match(doctor, /✓\s+cluster\s+v1\./)
      assert.match(doctor, /✓\s+rights\s+all \d+ /)
      assert.match(doctor, /✓\s+room\s+[\d.]+ GB free/)
      assert.match(doctor, /✓\s+front door\s+10\./)
      const ci = { KUBECONFIG: kubeconfigAs(project, `system:serviceaccount:${namespace}:ci`) }
      kubectl('create', 'serviceaccount', 'ci')
      const poor = await project.run(['doctor'], ci)
      assert.equal(poor.code, 1)
      assert.match(poor.stdout, /✗\s+right\s+create, delete, get, list, patch deployments\.apps/)
      assert.match(poor.stdout, /✗\s+right\s+get pods\/log/)
      const role = await must('doctor', '--role')
      execFileSync('kubectl', ['apply', '--filename', '-'], { input: role, stdio: ['pipe', 'ignore', 'inherit'] })
      const binding = ['create', 'rolebinding', `${PLACE}-deploy`, '--role', `${PLACE}-deploy`]
      kubectl(...binding, '--serviceaccount', `${namespace}:ci`)
      assert.match((await project.must(['doctor'], ci)).stdout, /✓\s+rights\s+all \d+ /)
      // That is enough for all of it, and for the way to an empty namespace and back.
      for (const words of [
        ['stop', '--remove'],
        ['up'],
        ['deploy', '--force'],
        ['logs'],
        ['status'],
        ['audit-trail', '--verify'],
      ])
        await project.must(words, ci)
      assert.equal(await nameAt(), 'v4')
    },
  )
})

/** A kubeconfig by which an administrator does what somebody else may do. */
function kubeconfigAs({ folder }: TestProject, name: string): string {
  const text = execFileSync('kubectl', ['config', 'view', '--raw', '--output', 'json'], { encoding: 'utf8' })
  const config = JSON.parse(text) as { users: { user: Record<string, string> }[] }
  for (const { user } of config.users) user['as'] = name
  const file = join(folder, '.kubeconfig')
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
  return file
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
