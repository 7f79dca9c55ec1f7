/** A disk that fills up under real servers: a clear state, a clear message, and every row still there. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainConfig, TestProject, until } from '../support/project.ts'
import { command, needOf, query, untilNeed } from '../support/servers.ts'

const MIB = 1024 * 1024

function config(needs: Readonly<Record<string, object>>): object {
  const uses = Object.fromEntries(Object.keys(needs).map((need) => [need, 'required']))
  return { ...plainConfig({ service: { uses } }), needs }
}

/** The needs of a project on a disk of their own, of so many MiB; taken away again at the end. */
class SmallDisk implements Disposable {
  readonly folder: string
  readonly #ballast: string

  constructor(project: TestProject, size: number) {
    this.folder = join(project.stateFolder, 'needs')
    this.#ballast = join(this.folder, 'ballast')
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    assert.equal(mount('-t', 'tmpfs', '-o', `size=${size}m,mode=700`, 'tmpfs', this.folder), 0)
  }

  /** To the last page. */
  fill(): void {
    const file = openSync(this.#ballast, 'w')
    for (const bytes of [MIB, 4096]) {
      while (statfsSync(this.folder).bavail * statfsSync(this.folder).bsize >= bytes)
        writeSync(file, Buffer.alloc(bytes))
    }
    closeSync(file)
  }

  free(): void {
    rmSync(this.#ballast)
  }

  [Symbol.dispose](): void {
    // Lazily: a server may be in its last moment.
    spawnSync('umount', ['--lazy', this.folder])
  }
}

function mount(...args: readonly string[]): number | null {
  return spawnSync('mount', args).status
}

/** Only root may give a folder a disk of its own, and not in every container: where it cannot be done this is no part of the run. */
function canMount(): boolean {
  if (process.getuid!() !== 0) return false
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-mount-'))
  const isAllowed = mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder) === 0
  if (isAllowed) spawnSync('umount', [folder])
  rmdirSync(folder)
  return isAllowed
}

if (canMount()) {
  void test('a disk too small for a database: refused with the cause, nothing half-made is left', async () => {
    await using project = new TestProject(config({ db: { kind: 'postgres' } }))
    using disk = new SmallDisk(project, 24)
    const result = await project.run(['up', '--detach'])
    assert.equal(result.code, 1)
    assert.match(result.stderr, /db does not run: the disk is full \(could not be started: /)
    assert.match(result.stderr, /No space left on device/)
    assert.ok(!existsSync(join(disk.folder, 'db', 'data')))
  })

  void test('a disk that fills up: unhealthy, not stopped; crashes on it are told; room makes all well, rows intact', async () => {
    await using project = new TestProject(config({ db: { kind: 'postgres' }, box: { kind: 'redis', role: 'store' } }))
    using disk = new SmallDisk(project, 160)
    await project.must(['up', '--detach'])
    const given = (await (await fetch(`http://127.0.0.1:${await project.port()}/env`)).json()) as Record<string, string>
    const { DB_URL: db = '', BOX_URL: box = '' } = given
    await query(db, 'create table bets as select n, md5(n::text) as text from generate_series(1, 2000) n')
    await query(db, 'create table more (text text)')
    await command(box, 'SET', 'kept', 'in the box')
    const rows = (): Promise<readonly unknown[][]> =>
      query(db, "select count(*), md5(string_agg(text, ',' order by n)) from bets")
    const before = await rows()

    disk.fill()
    for (const need of ['db', 'box']) {
      assert.match((await untilNeed(project, need, 'unhealthy')).cause!, /the disk is full: 0 MiB are left|MISCONF/)
    }
    // Reading goes on, and what cannot be kept is refused, not lost in silence.
    assert.deepEqual(await rows(), before)
    await assert.rejects(
      query(db, "insert into more select repeat('x', 1000) from generate_series(1, 100000)"),
      /No space left on device|terminat|reset|could not/,
    )
    const deploy = await project.run(['deploy', '--force'])
    assert.match(deploy.stderr, /db (is unhealthy: the disk is full|does not run: the disk is full)/)

    // A crash on a full disk.
    const { pid, state } = await needOf(project, 'db')
    if (state === 'unhealthy') process.kill(pid!, 'SIGKILL')
    await until(async () => (await needOf(project, 'db')).pid !== pid, 'the server to have ended')
    const isTold = async (): Promise<boolean> =>
      (await needOf(project, 'db')).cause?.startsWith('the disk is full') === true
    await until(isTold, 'the cause to be told')
    assert.match((await project.must(['status'])).stdout, /db +(restarting|failed) [^\n]*the disk is full/)
    disk.free()
    await untilNeed(project, 'db', 'healthy')
    await untilNeed(project, 'box', 'healthy')
    assert.deepEqual(await rows(), before)
    assert.equal(await command(box, 'GET', 'kept'), 'in the box')
    await query(db, "insert into more values ('after')")
    await project.must(['deploy', '--force'])
    await project.must(['stop'])
  })
}
