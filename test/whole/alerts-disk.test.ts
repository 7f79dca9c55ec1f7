/**
 * A disk that really fills up, with everything of an environment on it: told while it fills, told when nothing is left, and
 * over when there is room again. Windows are a tenth of what they are (never below three collections), thresholds as they are.
 */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startHookSink } from '../support/hook-sink.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'
import { makeSmallDisk } from '../support/small-disk.ts'

const FACTOR = '0.1'
const MEBIBYTES = 64
const WITHIN_MS = 150_000

const disk = makeSmallDisk(MEBIBYTES)

if (disk !== null) {
  void test('a tmpfs that fills up is told of at 85 % and when it is full to the last page, and is over once it is emptied', async (t) => {
    t.diagnostic(`windows and waits times ${FACTOR}, a disk of ${MEBIBYTES} MiB`)
    using small = disk
    await using hooks = await startHookSink()
    const state = join(small.folder, 'state')
    const alerts = { channels: { ops: { webhook: 'OPS_URL' } } }
    await using project = new TestProject({ ...plainConfig({ environment: { state } }), alerts }, {}, state)
    await project.must(['up', '--detach'], { OPS_URL: `${hooks.url}/ops`, SEAWORTHY_ALERT_WINDOWS: FACTOR })
    const overview = () => project.control.call('alerts.list', {})
    const stateOf = async (rule: string, of = small): Promise<string> => {
      const own = (await overview()).alerts.filter((one) => one.rule === rule && one.labels['mount'] === of.folder)
      return own[0]?.state ?? 'none'
    }
    const becomes = async (rule: string, wanted: string, of = small): Promise<void> => {
      const since = Date.now()
      await until(async () => (await stateOf(rule, of)) === wanted, `${rule} to be ${wanted}`, WITHIN_MS)
      t.diagnostic(`${rule} ${wanted} after ${Math.round((Date.now() - since) / 1_000)} s`)
    }
    const begun = Date.now()
    await until(async () => (await overview()).evaluatedAtMs > begun + 10_000, 'a look', 60_000)
    assert.deepEqual([await stateOf('DiskFilling'), await stateOf('DiskAlmostFull')], ['none', 'none'])

    // As a volume for the data of a need is: mounted within, and later.
    mkdirSync(join(state, 'volume'))
    using volume = makeSmallDisk(8, join(state, 'volume'))!
    volume.fill(0.95)

    small.fill(0.87)
    await becomes('DiskFilling', 'firing')
    assert.equal(await stateOf('DiskAlmostFull'), 'none')
    await becomes('DiskAlmostFull', 'firing', volume)
    volume.free()
    await becomes('DiskAlmostFull', 'inactive', volume)

    small.fill(1)
    await becomes('DiskAlmostFull', 'firing')
    const severities = (event: string): readonly unknown[] => hooks.of(event).map(({ body }) => body['severity'])
    await until(() => severities('alert.fired').includes('P1'), 'the message', 60_000)
    const filling = (await overview()).alerts.find(({ rule }) => rule === 'DiskFilling')!
    assert.equal(filling.held?.stage, 'inhibit', 'what it explains is not told beside it')

    small.free()
    await Promise.all([becomes('DiskFilling', 'inactive'), becomes('DiskAlmostFull', 'inactive')])
    // The machine's own load is told in the same incident: as long as that goes on, so does the incident.
    const others = async (): Promise<readonly string[]> =>
      (await overview()).alerts
        .filter(({ rule, state: is }) => is === 'firing' && rule.startsWith('Host'))
        .map(({ rule }) => rule)
    const isTold = (): boolean => hooks.of('alert.resolved').length > 0
    await until(async () => isTold() || (await others()).length > 0, 'its end to be told', 60_000)
    t.diagnostic(isTold() ? 'its end was told' : `the incident goes on with ${(await others()).join(', ')}`)
    const { events } = await project.control.call('events', { after: 0, limit: 1_000 })
    const ended = events.filter(({ kind, text }) => kind === 'alert-resolved' && text.includes(small.folder))
    assert.equal(ended.length, 4, 'two of each disk')
  })
}
