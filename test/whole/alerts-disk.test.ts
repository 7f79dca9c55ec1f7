/**
 * Disks that really fill up, by bytes and by files, with everything of an environment on them: told while they fill, told when
 * nothing is left, and over when there is room again. Windows are a tenth of what they are (never below three collections), thresholds as they are.
 */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { watchAlerts } from '../support/alert-watch.ts'
import { startHookSink } from '../support/hook-sink.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'
import { makeSmallDisk } from '../support/small-disk.ts'

const FACTOR = '0.1'
const MEBIBYTES = 64

const disk = makeSmallDisk(MEBIBYTES)

if (disk !== null) {
  void test('a tmpfs that fills up is told of at 85 % and when it is full to the last page, and is over once it is emptied', async (t) => {
    t.diagnostic(`windows and waits times ${FACTOR}, a disk of ${MEBIBYTES} MiB`)
    using small = disk
    await using hooks = await startHookSink()
    const state = join(small.folder, 'state')
    const config = { ...plainConfig({ environment: { state } }), alerts: { channels: { ops: { webhook: 'OPS_URL' } } } }
    await using project = new TestProject(config, {}, state)
    await project.must(['up', '--detach'], { OPS_URL: `${hooks.url}/ops`, SEAWORTHY_ALERT_WINDOWS: FACTOR })
    const overview = () => project.control.call('alerts.list', {})
    const alerts = watchAlerts(project, t)
    const on = { mount: small.folder }
    const begun = Date.now()
    await until(async () => (await overview()).evaluatedAtMs > begun + 10_000, 'a look', 60_000)
    for (const rule of ['DiskFilling', 'DiskAlmostFull']) assert.equal(await alerts.stateOf(rule, on), 'none')

    // As a volume for the data of a need is: mounted within, and later.
    mkdirSync(join(state, 'volume'))
    using volume = makeSmallDisk(8, join(state, 'volume'), 200)!
    const onVolume = { mount: volume.folder }
    volume.fill(0.95)
    volume.fillInodes(0.82)

    small.fill(0.87)
    const filled = Date.now()
    await Promise.all([
      alerts.fires(['DiskFilling'], filled, on),
      alerts.fires(['DiskFilling', 'DiskAlmostFull', 'InodesFilling'], filled, onVolume),
    ])
    assert.equal(await alerts.stateOf('DiskAlmostFull', on), 'none')
    volume.free()
    await alerts.ends(['DiskFilling', 'DiskAlmostFull', 'InodesFilling'], Date.now(), onVolume)

    small.fill(1)
    await alerts.fires(['DiskAlmostFull'], Date.now(), on)
    const severities = (event: string): readonly unknown[] => hooks.of(event).map(({ body }) => body['severity'])
    await until(() => severities('alert.fired').includes('P1'), 'the message', 60_000)
    assert.equal((await alerts.of('DiskFilling', on))?.held?.stage, 'inhibit', 'what it explains is not told beside it')

    small.free()
    await alerts.ends(['DiskFilling', 'DiskAlmostFull'], Date.now(), on)
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
    assert.equal(ended.length, 5, 'two of each disk, and the inodes of one')
  })
}
