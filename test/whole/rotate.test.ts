/** `secrets rotate`: another value under load, and what refusals, a breach and SIGKILL leave of it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Plan } from '../../src/deploy/plan.ts'
import { failuresOf, startLoad } from '../support/load.ts'
import { plainConfig, processesMentioning, TestProject, until } from '../support/project.ts'

/** Values that occur nowhere by chance; the service does as they say. */
const OLD = 'sw-old-5f1c02d9aa17'
const BAD = 'sw-bad-31d0c7e2b9f4'
const ROTTEN = 'sw-rotten-a2c9e04f'
const OTHER = 'sw-other-77e1d0c3'

const SERVER = `
import { createServer } from 'node:http'
const { PORT, HOST, NAME, JWT_KEY } = process.env
createServer((request, response) => {
  const isBad = request.url === '/health/readiness' ? JWT_KEY.startsWith('sw-bad') : JWT_KEY.startsWith('sw-rotten')
  response.writeHead(isBad ? 503 : 200)
  request.resume().on('end', () => response.end(request.url === '/env' ? JSON.stringify({ NAME, JWT_KEY, pid: process.pid }) : 'ok'))
}).listen(Number(PORT), HOST)`

class SecretProject extends TestProject {
  readonly shelf: string

  constructor() {
    const shelf = mkdtempSync(join(tmpdir(), 'seaworthy-shelf-'))
    super(configOf(shelf), { 'server.mjs': SERVER })
    this.shelf = shelf
    writeFileSync(this.secretsFile, `# ours\nJWT_KEY=${OLD}\nOTHER_KEY=${OTHER}\n`, { mode: 0o600 })
  }

  get secretsFile(): string {
    return join(this.shelf, 'secrets.env')
  }

  get kept(): string {
    return /^JWT_KEY=(.*)$/m.exec(readFileSync(this.secretsFile, 'utf8'))![1]!
  }

  get pending(): string {
    return join(this.stateFolder, 'secrets', 'rotation.json')
  }

  /** Puts a value where `--from` finds it. */
  write(value: string, name = 'value'): string {
    const file = join(this.shelf, name)
    writeFileSync(file, `${value}\n`)
    return file
  }

  async served(): Promise<{ NAME: string; JWT_KEY: string; pid: number }> {
    const answer = await fetch(`http://127.0.0.1:${await this.port()}/env`)
    return (await answer.json()) as { NAME: string; JWT_KEY: string; pid: number }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]()
    rmSync(this.shelf, { recursive: true, force: true })
  }
}

function configOf(shelf: string, { name = 'v1', services = {} }: { name?: string; services?: object } = {}): object {
  return plainConfig({
    env: { NAME: name },
    service: { start: 'node server.mjs', secrets: ['JWT_KEY', 'OTHER_KEY'], scale: { min: 2 } },
    services,
    environment: { secrets: join(shelf, 'secrets.env') },
  })
}

test('the value of a secret', async (t) => {
  await using project = new SecretProject()
  await project.must(['up', '--detach'])
  await t.test('what cannot be rotated is told, and changes nothing', () => tells(project))
  await t.test('what is refused or taken back is forgotten; the old one stays', () => staysOld(project))
  await t.test('under load another one goes live, no request fails, and the old one is nowhere any more', (inner) =>
    rotates(project, inner),
  )
  await t.test('a shell that has it, has the new one', async () => {
    const kept = project.kept
    await project.must(['secrets', 'rotate', 'JWT_KEY'], { JWT_KEY: 'sw-of-the-shell' })
    assert.equal((await project.served()).JWT_KEY, 'sw-of-the-shell')
    assert.equal(project.kept, kept, 'a file that is not asked is not written')
  })
})

async function rotates(project: SecretProject, t: TestContext): Promise<void> {
  const before = await project.status()
  const old = await project.served()
  assert.equal(old.JWT_KEY, OLD)
  // What the folder has by now is not what a rotation ships.
  project.configure(configOf(project.shelf, { name: 'v2' }))
  writeFileSync(join(project.folder, 'server.mjs'), 'not a program')
  await using load = startLoad({ port: await project.port(), clients: 6, pauseMs: 10 })

  const child = spawn(process.execPath, [project.program, 'secrets', 'rotate', 'JWT_KEY'], {
    cwd: project.folder,
    env: { PATH: process.env['PATH']!, HOME: '/' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const fresh = 'sw-new-9d21b7e04c55'
  child.stdin.end(`${fresh}\n`)
  await until(async () => existsSync(project.pending), 'the new value to be on its way')
  assert.equal(statSync(project.pending).mode & 0o777, 0o600)
  assert.equal(project.kept, OLD, 'kept until the new one is live for good')
  for (const file of ['environ', 'cmdline'])
    assert.doesNotMatch(readFileSync(`/proc/${child.pid}/${file}`, 'latin1'), /sw-(old|new)/)
  assert.equal(await ended, 0, said)

  const answers = await load.stop()
  t.diagnostic(`${answers.length} requests`)
  assert.ok(answers.length > 100)
  assert.deepEqual(failuresOf(answers), [])
  assert.match(said, /rotate \d-[0-9a-f]{8} \(live: 1-[0-9a-f]{8}\)/)
  assert.match(said, /^ {2}rotated JWT_KEY$/m)
  const now = await project.served()
  assert.deepEqual([now.JWT_KEY, now.NAME], [fresh, 'v1'])
  const after = await project.status()
  assert.equal(after.instances.length, 2)
  const pids = before.instances.map(({ pid }) => pid)
  assert.ok(after.instances.every(({ pid }) => !pids.includes(pid)))
  const { release: one } = await project.control.call('release.get', { release: before.world.live! })
  const { release: two } = await project.control.call('release.get', { release: after.world.live! })
  assert.deepEqual([two!.artifacts, two!.config], [one!.artifacts, one!.config])
  assert.deepEqual([two!.secrets['OTHER_KEY'], after.world.warm], [one!.secrets['OTHER_KEY'], null])
  assert.notEqual(two!.secrets['JWT_KEY'], one!.secrets['JWT_KEY'])

  assert.equal(readFileSync(project.secretsFile, 'utf8'), `# ours\nJWT_KEY=${fresh}\nOTHER_KEY=${OTHER}\n`)
  assert.equal(existsSync(project.pending), false)
  assert.match((await project.must(['status'])).stdout, /rotate .* done .* rotated JWT_KEY/)
  const status = await project.must(['status', '--history', '--json'])
  assert.match(status.stdout, /"rotated": \[\s+"JWT_KEY"\s+\]/)
  const logs = await project.must(['logs', '--json'])
  for (const text of [said, status.stdout, logs.stdout]) assert.doesNotMatch(text, /sw-(old|new)/)
  assert.deepEqual(filesWith(project.stateFolder, OLD), [])
  const mentions = processesMentioning(project.stateFolder).filter(({ pid }) =>
    readFileSync(`/proc/${pid}/environ`, 'latin1').includes(OLD),
  )
  assert.deepEqual(mentions, [])

  // The next deploy brings the code, and nothing of the rotation again.
  writeFileSync(join(project.folder, 'server.mjs'), SERVER)
  assert.doesNotMatch((await project.must(['plan'])).stdout, /secrets\./)
  await project.must(['deploy'])
  assert.equal((await project.served()).NAME, 'v2')
  // Going back brings the code of that day with the value of today.
  await project.must(['rollback', '--to', '1'])
  assert.deepEqual([(await project.served()).NAME, (await project.served()).JWT_KEY], ['v1', fresh])
  assert.deepEqual(filesWith(project.stateFolder, OLD), [])
}

async function staysOld(project: SecretProject): Promise<void> {
  const refused = await project.run(['secrets', 'rotate', 'JWT_KEY', '--from', project.write(BAD)])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /deploy\.gate-failed/)
  assert.match(refused.stdout, /JWT_KEY keeps its old value/)
  await using load = startLoad({ port: await project.port(), clients: 4, isGood: () => true })
  const back = await project.run(['secrets', 'rotate', 'JWT_KEY', '--from', project.write(ROTTEN), '--json'])
  await load.stop()
  assert.equal(back.code, 1)
  assert.match(back.stdout, /"state":"taken-back"/)
  assert.doesNotMatch(back.stdout, /"rotated"/)
  assert.equal(project.kept, OLD)
  assert.equal(existsSync(project.pending), false)
  assert.match((await project.must(['deploy'])).stdout, /nothing changed/)
  assert.equal((await project.served()).JWT_KEY, OLD)
  for (const { stdout, stderr } of [refused, back]) assert.doesNotMatch(stdout + stderr, /sw-(old|bad|rotten)/)
}

async function tells(project: SecretProject): Promise<void> {
  const { world } = await project.status()
  const rotate = async (code: string, words: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { code: exit, stderr } = await project.run(['secrets', 'rotate', ...words], env)
    assert.ok(stderr.includes(`[secret.${code}]`), stderr)
    assert.equal(exit, 2)
  }
  const from = (name: string, value: string): readonly string[] => ['JWT_KEY', '--from', project.write(value, name)]
  await Promise.all([
    rotate('unknown', ['NO_KEY', '--generate']),
    rotate('same', from('same', OLD)),
    rotate('no-value', from('empty', '')),
    rotate('shadowed', ['JWT_KEY', '--generate'], { JWT_KEY: 'of the shell' }),
    rotate('others-changed', ['JWT_KEY', '--generate'], { OTHER_KEY: 'sw-another' }),
    rotate('unwritable', from('quotes', '\'"`')),
  ])
  project.configure(plainConfig({ service: { secrets: ['JWT_KEY', 'OTHER_KEY'] } }))
  await rotate('missing', ['JWT_KEY', '--generate'], { OTHER_KEY: OTHER })
  project.configure(configOf(project.shelf))
  assert.deepEqual((await project.status()).world, world)
  assert.equal(project.kept, OLD)
}

test('SIGKILL leaves the old value or the new one, and the next command knows which', async (t) => {
  await using project = new SecretProject()
  await project.must(['up', '--detach'])
  await using load = startLoad({ port: await project.port(), clients: 4, pauseMs: 20 })
  let number = 0
  const crash = async (point: string): Promise<string> => {
    const value = `sw-next-${(number += 1)}`
    const crashed = await project.run(['secrets', 'rotate', 'JWT_KEY', '--from', project.write(value)], {
      SEAWORTHY_CRASH_AT: point,
    })
    assert.equal(crashed.signal, 'SIGKILL', `${point}: ${crashed.stdout}\n${crashed.stderr}`)
    assert.notEqual(project.kept, value)
    return value
  }
  const isServed = async (value: string): Promise<void> => {
    assert.deepEqual([(await project.served()).JWT_KEY, project.kept], [value, value])
    assert.equal(existsSync(project.pending), false)
    assert.match((await project.must(['deploy'])).stdout, /nothing changed/)
  }

  await t.test('before the switch: the next deploy undoes it and brings the old one', async () => {
    const value = await crash('start:api:end')
    const { stdout } = await project.must(['deploy'])
    assert.match(stdout, /a rotation of JWT_KEY was interrupted[^]*JWT_KEY keeps its old value/)
    assert.doesNotMatch(stdout, new RegExp(value))
    await isServed(OLD)
  })
  await t.test('before the switch, gone on with by --resume', async () => {
    const value = await crash('start:api:begin')
    const { stdout } = await project.must(['deploy', '--resume'])
    assert.match(stdout, /rotated JWT_KEY[^]*the new value is live/)
    await isServed(value)
  })
  await t.test('before the switch, undone by --abort', async () => {
    const before = project.kept
    await crash('gate:api:begin')
    await project.must(['deploy', '--abort'])
    await isServed(before)
  })
  await t.test(
    'after the switch control completes it alone; plan knows, and the next deploy writes the file',
    async () => {
      const before = project.kept
      const value = await crash('switch:end')
      // As when the lease of whoever was killed has run out.
      const { token } = await project.control.call('lease.acquire', { holder: 'test', reason: 'test', process: null })
      await project.control.call('lease.release', { token })
      await until(async () => (await project.status()).running === null, 'control to complete the rotation')
      assert.equal(project.kept, before)
      const plan = JSON.parse((await project.must(['plan', '--json'])).stdout) as Plan
      assert.deepEqual(plan.changes, [])
      const dry = await project.must(['deploy', '--dry-run'])
      assert.deepEqual([/secrets\./.test(dry.stdout), project.kept], [false, before])
      await project.must(['deploy'])
      await isServed(value)
    },
  )
  await t.test('and a rotation that comes after one that was killed', async () => {
    await crash('retire:begin')
    const last = 'sw-last'
    await project.must(['secrets', 'rotate', 'JWT_KEY', '--from', project.write(last)])
    await isServed(last)
  })
  assert.deepEqual(failuresOf(await load.stop()), [])
  for (let one = 1; one <= number; one += 1)
    assert.deepEqual(filesWith(project.stateFolder, `sw-next-${one}`), [], `sw-next-${one}`)
})

function filesWith(folder: string, text: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file, 'latin1').includes(text))
}
