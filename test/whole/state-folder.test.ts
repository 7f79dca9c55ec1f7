import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
  openSync,
  closeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LAST_GOOD_FILE, TABLE_FILE } from '../../src/gateway/table-store.ts'
import { failuresOf, startLoad } from '../support/load.ts'
import { plainConfig, processesMentioning, TestProject, until } from '../support/project.ts'

/** Offsets at which table.json is cut here; every byte is cut in src/gateway/table-store.test.ts. */
const CUTS = 12

void test('a state folder whose path is longer than a unix socket address runs, deploys and stops', async () => {
  const before = privateFolders()
  {
    const state = `.seaworthy/${'a-rather-long-name/'.repeat(8)}local`
    await using project = new TestProject(plainConfig({ environment: { state } }), {}, state)
    assert.ok(Buffer.byteLength(join(project.folder, state, 'control.sock')) > 107)
    await project.must(['up', '--detach'])
    project.configure(plainConfig({ env: { NAME: 'v2' }, environment: { state } }))
    await project.must(['deploy'])
    const status = await project.must(['status'])
    assert.match(status.stdout, /^live +2-/m)
    await project.must(['stop'])
    assert.deepEqual(processesMentioning(project.folder), [])
  }
  assert.deepEqual(privateFolders(), before, 'the private folder of the sockets is gone as well')
})

void test('table.json cut anywhere and every worker killed: they come back serving', async (t) => {
  await using project = new TestProject(plainConfig())
  await project.must(['up', '--detach'])
  const port = await project.port()
  const { live } = (await project.status()).world
  const file = join(project.stateFolder, TABLE_FILE)
  const whole = readFileSync(file)
  for (let cut = 0; cut < CUTS; cut++) {
    const offset = Math.floor((cut * whole.length) / CUTS)
    truncateSync(file, offset)
    const { gateway } = await project.status()
    for (const { pid } of gateway) process.kill(pid!, 'SIGKILL')
    await until(async () => {
      const now = (await project.status()).gateway
      return now.every(({ pid }, index) => pid !== null && pid !== gateway[index]!.pid)
    }, 'new workers')
    // Whichever worker answers: the first answers are those of the table, never a 503 of an empty one.
    const load = startLoad({ port, clients: 4, methods: ['GET'] })
    await until(() => load.answers.length >= 12, 'answers')
    const answers = await load.stop()
    assert.deepEqual(failuresOf(answers), [], `cut at ${offset}`)
    for (const { release } of answers) assert.equal(release, live)
    writeFileSync(file, whole)
  }
  assert.ok(existsSync(join(project.stateFolder, LAST_GOOD_FILE)))
  t.diagnostic(`${CUTS} cuts of ${whole.length} bytes, workers killed each time`)
})

void test('a state folder that cannot be made ends with a clear error, and nothing is left running', async () => {
  await using project = new TestProject(plainConfig({ environment: { state: 'plain.mjs/state' } }))
  const { code, stderr } = await project.run(['up', '--detach'])
  assert.equal(code, 1)
  assert.doesNotMatch(stderr, /bug in Seaworthy/)
  assert.match(stderr, /ENOTDIR: not a directory.*plain\.mjs\/state.*\[disk\.not-writable\]/)
  assert.deepEqual(processesMentioning(project.folder), [])
})

// A file system of our own is what only root can have; without it the folder's mode does the same.
if (process.getuid?.() === 0) {
  void test('a full disk: the deploy is refused in clear words, the live release goes on, and works once there is space', async () => {
    await using disk = mountSmall('8m')
    await using project = new TestProject(plainConfig({ environment: { state: disk.state } }), {}, disk.state)
    await project.must(['up', '--detach'])
    const { url } = await project.status()
    project.configure(plainConfig({ env: { NAME: 'v2' }, environment: { state: disk.state } }))
    // Larger than the disk: it is full in the midst of the copy.
    writeFileSync(join(project.folder, 'more.bin'), Buffer.alloc(9 * 1024 * 1024))
    const copy = await project.run(['deploy'])
    assert.equal(copy.code, 1, copy.stdout)
    assert.match(copy.stderr, /there is no space left: ENOSPC.*more\.bin.*\[disk\.full\]/)
    assert.equal((await project.status()).last!.state, 'refused')
    rmSync(join(project.folder, 'more.bin'))
    disk.fill()
    const deploy = await project.run(['deploy'])
    assert.equal(deploy.code, 1, deploy.stdout)
    assert.match(deploy.stderr, /there is no space left.*\[disk\.full\]\n→ Free some space/)
    assert.equal((await fetch(url, { headers: { connection: 'close' } })).status, 200)
    disk.free()
    // The refused one may not have been able to say so: then it is undone first.
    await project.must(['deploy'])
    assert.match(await (await fetch(url, { headers: { connection: 'close' } })).text(), /"v2"/)
    await project.must(['stop'])
  })

  void test('a full disk: what crashes is started again, control goes on and says why, and the audit trail stays whole', async () => {
    await using disk = mountSmall('8m')
    await using project = new TestProject(plainConfig({ environment: { state: disk.state } }), {}, disk.state)
    await project.must(['up', '--detach'])
    const { url, instances, controlPid } = await project.status()
    const answers = async (): Promise<number> =>
      (await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(2_000) })).status
    disk.fill()
    process.kill(instances[0]!.pid!, 'SIGKILL')
    await until(async () => (await answers()) === 200, 'the instance to serve again')
    const crashed = await project.status()
    assert.equal(crashed.controlPid, controlPid, 'control has not ended over it')
    assert.equal(crashed.instances[0]!.restarts, 1)
    assert.ok(crashed.disk.waiting > 0, 'its end is to be told when there is room')

    // What is recorded while there is no room for it leaves no half of itself behind.
    await project.run(['stop', '--service', 'api'])
    await project.run(['stop', '--service', 'api', '--start'])
    const verified = await project.run(['audit-trail', '--verify'])
    assert.equal(verified.code, 0, verified.stderr)

    process.kill(controlPid, 'SIGKILL')
    await until(async () => {
      const pid = await project.status().then(
        ({ controlPid: now }) => now,
        () => controlPid,
      )
      return pid !== controlPid
    }, 'control to be there again')
    const again = await project.status()
    const status = await project.must(['status'])
    assert.match(status.stdout, /^disk +full: 0 KiB are left for .*\/state/m)
    process.kill(again.instances[0]!.pid!, 'SIGKILL')
    await until(async () => (await answers()) === 200, 'the instance to serve again')
    assert.equal((await project.status()).controlPid, again.controlPid)

    disk.free()
    await until(async () => (await project.status()).disk.waiting === 0, 'what waited to be written')
    const { events } = await project.control.call('events', { after: 0, limit: 100 })
    assert.ok(events.some(({ kind }) => kind === 'instance-ended'))
    assert.ok(events.some(({ kind }) => kind === 'disk-was-full'))
    await project.must(['stop', '--service', 'api'])
    await project.must(['audit-trail', '--verify'])
    assert.doesNotMatch((await project.must(['status'])).stdout, /^disk/m)
  })

  void test('a full disk from the start: up ends in clear words and leaves nothing running', async () => {
    await using disk = mountSmall('1m')
    disk.fill()
    await using project = new TestProject(plainConfig({ environment: { state: disk.state } }), {}, disk.state)
    const { code, stderr } = await project.run(['up', '--detach'])
    assert.equal(code, 1)
    assert.match(stderr, /no space left|disk is full/)
    assert.doesNotMatch(stderr, /bug in Seaworthy/)
    assert.deepEqual(processesMentioning(disk.folder), [])
    assert.deepEqual(processesMentioning(project.folder), [])
  })

  void test('a read-only file system: up ends in clear words and leaves nothing running', async () => {
    await using disk = mountSmall('1m')
    mkdirSync(disk.state)
    disk.remount('ro')
    await using project = new TestProject(plainConfig({ environment: { state: disk.state } }), {}, disk.state)
    const { code, stderr } = await project.run(['up', '--detach'])
    assert.equal(code, 1)
    assert.match(stderr, /read-only file system.*\[disk\.not-writable\]/)
    assert.deepEqual(processesMentioning(project.folder), [])
  })
} else {
  void test('a read-only folder: up ends in clear words and leaves nothing running', async () => {
    await using project = new TestProject(plainConfig())
    mkdirSync(join(project.folder, '.seaworthy'), { mode: 0o555 })
    const { code, stderr } = await project.run(['up', '--detach'])
    assert.equal(code, 1)
    assert.match(stderr, /permission denied.*\[disk\.not-writable\]/)
    assert.deepEqual(processesMentioning(project.folder), [])
  })
}

/** Where sockets go when the path of the state folder is too long for one. */
function privateFolders(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => /^seaworthy-\d+-[0-9a-f]{16}$/.test(name))
}

/** A throwaway file system of a few megabytes; disposing it takes it away. */
function mountSmall(size: string) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-disk-'))
  run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  const filler = join(folder, 'filler')
  return {
    folder,
    state: join(folder, 'state'),
    fill() {
      const descriptor = openSync(filler, 'w')
      const block = Buffer.alloc(4096)
      try {
        for (;;) writeSync(descriptor, block)
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
      } finally {
        closeSync(descriptor)
      }
      assert.ok(statSync(filler).size > 0)
    },
    free: () => rmSync(filler),
    remount: (mode: string) => run('mount', ['-o', `remount,${mode}`, folder]),
    async [Symbol.asyncDispose]() {
      // What has just ended may hold a file for a moment longer.
      await until(() => processesMentioning(folder).length === 0, 'processes on it to end')
      run('umount', [folder])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}
