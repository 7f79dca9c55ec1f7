import assert from 'node:assert/strict'
import { test } from 'node:test'
import { APPS, appAt } from '../../../test/support/monitoring.ts'
import { alertsOf } from './alertmanager.ts'
import { readme } from './readme.ts'

void test('a variable that no config names is explained where it is asked for, and only there', async () => {
  const app = await appAt(APPS[0]!)
  const textWith = (heartbeat: string | null): string =>
    readme({ ...app, alerts: { ...alertsOf(app), heartbeat } }, { alerts: [], recordings: [] }).text
  assert.match(textWith(null), /^`SEAWORTHY_DEAD_MAN_URL` is a URL that hears of Alertmanager/m)
  assert.doesNotMatch(textWith('BEAT_URL'), /DEAD_MAN/)
  assert.match(textWith('BEAT_URL'), /`BEAT_URL`/)
})
