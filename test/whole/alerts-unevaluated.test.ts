/**
 * Somebody holds the file of the series, so that no rule can be evaluated: the path of alerts says of itself that it is broken,
 * and that it is well again. Nothing is compressed.
 */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { test } from 'node:test'
import { watchAlerts } from '../support/alert-watch.ts'
import { startHookSink } from '../support/hook-sink.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

const WITHIN_MS = 120_000
const OWN = ['HeartbeatMissed']

void test('rules that cannot be evaluated for a minute are a page, and it is over when they are', async (t) => {
  await using hooks = await startHookSink()
  await using project = new TestProject({})
  project.configure({ ...plainConfig(), alerts: { channels: { ops: { webhook: 'OPS_URL' } } } })
  await project.must(['up', '--detach'], { OPS_URL: `${hooks.url}/ops` })
  const alerts = watchAlerts(project, t)
  await alerts.quiet(OWN)
  const isTold = (event: string): boolean =>
    hooks.of(event).some(({ body }) => String(body['title']).startsWith('The alert rules were last evaluated'))

  const at = Date.now()
  const holder = new DatabaseSync(join(project.stateFolder, 'series.db'))
  try {
    holder.exec('BEGIN EXCLUSIVE')
    await alerts.fires(OWN, at)
    await until(() => isTold('alert.fired'), 'the page', WITHIN_MS)
    t.diagnostic(`told after ${Math.round((Date.now() - at) / 1_000)} s`)
  } finally {
    holder.close()
  }
  const over = Date.now()
  await alerts.ends(OWN, over)
  await until(() => isTold('alert.resolved'), 'the end to be told', WITHIN_MS)
  const query = 'seaworthy_heartbeat_timestamp_seconds'
  const { series } = await project.control.call('series.raw', { query, from: at, to: over })
  const measured = series.flatMap(({ points }) => points).length
  t.diagnostic(`${measured} samples of it from these ${Math.round((over - at) / 1_000)} s`)
  assert.ok(measured > 2, 'what was measured meanwhile was kept, and written after it')
})
