/** A disk without room for lines: whoever writes them notices nothing, what is left out is counted, and it goes on afterwards. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
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
import { LogThread } from '../../src/observe/logs/thread/client.ts'
import { until } from '../support/project.ts'

const PAGE = 4_096

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

function fill(folder: string): string {
  const ballast = join(folder, 'ballast')
  const file = openSync(ballast, 'w')
  while (statfsSync(folder).bavail > 0) writeSync(file, Buffer.alloc(PAGE))
  closeSync(file)
  return ballast
}

if (canMount()) {
  void test('lines that find no room are tried again, then left out and counted; the next ones are kept', async (t) => {
    const stateFolder = mkdtempSync(join(tmpdir(), 'seaworthy-logs-disk-'))
    const disk = join(stateFolder, 'logs.db')
    for (const name of ['logs', 'logs.db']) mkdirSync(join(stateFolder, name))
    assert.equal(mount('-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk), 0)
    const troubles: string[] = []
    const thread = new LogThread({ stateFolder, secretsOf: () => [], onTrouble: (what) => troubles.push(what) })
    t.after(async () => {
      await thread.close()
      spawnSync('umount', ['--lazy', disk])
      rmSync(stateFolder, { recursive: true, force: true })
    })
    const output = join(stateFolder, 'logs', 'api@1-aaaaaaaa-1.log')
    const write = (word: string, count: number): void => {
      for (let index = 0; index < count; index++) appendFileSync(output, `${word} number${index} ${'x'.repeat(200)}\n`)
    }
    const found = async (text: string): Promise<number> =>
      (await thread.call('search', { query: { text }, limit: 1_000 })).lines.length

    write('before', 20)
    await until(async () => (await found('before')) === 20, 'the first lines')
    const ballast = fill(disk)
    write('during', 2_000)
    await until(async () => (await thread.call('stats', {})).dropped.disk >= 2_000, 'lines to be left out', 60_000)
    assert.match(troubles[0]!, /full/)
    assert.equal(await found('before'), 20, 'what there was is found')
    rmSync(ballast)
    write('behind', 20)
    await until(async () => (await found('behind')) === 20, 'lines to be kept again', 30_000)
    const { dropped } = await thread.call('stats', {})
    assert.equal((await found('during')) + dropped.disk, 2_000)
  })
}
