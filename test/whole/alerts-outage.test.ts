/** From a real fault to a real receiver: what goes down is told once, everywhere, and so is its end. */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { watchAlerts } from '../support/alert-watch.ts'
import { startHookSink } from '../support/hook-sink.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'

/** The promise of every outage: from the fault to the message. */
const TOLD_MS_MAX = 60_000
/** With `down` beside it the program does not come up. */
const START = "sh -c 'test ! -e $DOWN_FILE && exec node plain.mjs'"

function configOf(project: { folder: string } | null, alerts: object): object {
  const down = project === null ? '/nonexistent' : join(project.folder, '.seaworthy', 'down')
  return { ...plainConfig({ env: { DOWN_FILE: down }, service: { start: START } }), alerts }
}

const CHANNELS = { ops: { webhook: 'OPS_URL' }, mail: { email: ['anna@example.com'], smtp: 'SMTP_URL' } }

void test('an instance that is killed and cannot come back is told by webhook and mail, once, and so is its end', async (t) => {
  await using hooks = await startHookSink()
  await using mails = await startSmtpSink()
  const secrets = { OPS_URL: `${hooks.url}/ops`, SMTP_URL: `smtp://127.0.0.1:${mails.port}?from=s@example.com` }
  await using project = new TestProject(plainConfig())
  project.configure(configOf(project, { channels: CHANNELS }))
  await project.must(['up', '--detach'], secrets)
  const down = join(project.folder, '.seaworthy', 'down')
  const alerts = watchAlerts(project, t)
  for (const rule of ['ServiceDown', 'InstanceDown']) assert.equal(await alerts.stateOf(rule), 'none', rule)

  writeFileSync(down, '')
  const killedAt = Date.now()
  for (const { pid } of (await project.status()).instances) process.kill(pid!, 'SIGKILL')
  await until(() => hooks.of('alert.fired').length > 0, 'the webhook', TOLD_MS_MAX)
  await until(() => mails.mails.some(({ headers }) => headers['Subject']!.startsWith('[P0]')), 'the mail', TOLD_MS_MAX)
  const [fired] = hooks.of('alert.fired')
  const mail = mails.mails.find(({ headers }) => headers['Subject']!.startsWith('[P0]'))!
  t.diagnostic(`kill to webhook ${fired!.atMs - killedAt} ms, to mail ${mail.atMs - killedAt} ms`)
  assert.deepEqual([fired!.body['severity'], fired!.body['title']], ['P0', 'No instance of api answers.'])
  assert.match(mail.headers['Subject']!, /^\[P0\] plain \(local\): No instance of api answers\.$/)
  const names = (fired!.body['alerts'] as { name: string }[]).map(({ name }) => name)
  assert.deepEqual(names, ['ServiceDown'], 'what it explains is not told beside it')
  await alerts.fires(['ServiceDown', 'InstanceDown'], killedAt)
  const listed = await project.must(['alerts', '--json'])
  const overview = JSON.parse(listed.stdout) as { alerts: { rule: string; held: { stage: string } | null }[] }
  assert.equal(overview.alerts.find(({ rule }) => rule === 'InstanceDown')?.held?.stage, 'inhibit')

  await project.must(['alerts', 'test', 'ops'])
  await project.must(['alerts', 'ack', 'i1'])
  await project.must(['incidents', 'note', 'i1', 'somebody has killed it'])
  const silence = await project.must(['alerts', 'silence', 'service=other', '--for', '2h', '--reason', 'a new disk'])
  assert.match(silence.stdout, /^s1 mutes service=other until .*: a new disk$/m)
  assert.equal((await project.run(['alerts', 'silence', 'service=other'])).code, 2, 'not without a reason')
  assert.match((await project.must(['alerts', 'silence', '--end', 's1'])).stdout, /^s1 mutes/)
  assert.match((await project.run(['alerts', 'test', 'nobody'])).stderr, /alerts\.no-channel/)
  await until(() => hooks.of('alert.acknowledged').length === 1, 'the acknowledgement')
  await until(() => hooks.of('alert.test').length === 1, 'the test message')

  const over = Date.now()
  rmSync(down)
  await alerts.ends(['ServiceDown', 'InstanceDown'], over)
  await until(() => hooks.of('alert.resolved').length > 0, 'the end by webhook', 2 * TOLD_MS_MAX)
  await until(() => mails.mails.some(({ headers }) => headers['Subject']!.includes('over: ')), 'the end by mail')
  assert.equal(hooks.of('alert.fired').length, 1, 'one page')
  const { incidents } = await project.control.call('incident.list', { limit: 10 })
  assert.deepEqual(
    incidents.map(({ id, cause }) => [id, cause]),
    [['i1', 'alerts ended']],
  )
  await project.must(['incidents', 'resolve', 'i1', '--cause', 'killed by hand'])
  assert.match((await project.must(['incidents'])).stdout, /^i1 +P0 +resolved/m)
  assert.match((await project.must(['incidents', 'show', 'i1'])).stdout, /somebody has killed it/)
  const shown = await project.must(['incidents', 'export', 'i1'])
  assert.match(shown.stdout, /^# Incident i1: No instance of api answers\./)
  for (const what of [
    'ServiceDown is firing',
    'ops: told',
    'mail: told',
    'deploy d1',
    'resolved: alerts ended',
    'resolved: killed by hand',
    'acknowledged',
  ])
    assert.ok(shown.stdout.includes(what), what)
})
