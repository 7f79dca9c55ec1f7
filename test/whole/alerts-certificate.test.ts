/** Certificates that gateways really show: with 29 days left it is told, with 31 it is not, and another one ends it. In real time. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeSelfSigned, SELF_SIGNED_DAYS } from '../../src/control/certificates/self-signed.ts'
import { watchAlerts } from '../support/alert-watch.ts'
import { startHookSink } from '../support/hook-sink.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'
import { shakeHands } from '../support/tls-files.ts'

const DAY_MS = 86_400_000
/** A beat, its evaluation, and what a busy machine adds. */
const WITHIN_MS = 90_000
const RULES = ['CertificateExpiresSoon', 'CertificateExpires', 'CertificateExpiresSoonNoData'] as const

function configOf(service: string): object {
  return {
    ...plainConfig(),
    name: service,
    gateway: {
      listen: { http: 0, https: 0 },
      tls: { files: { cert: 'site.pem', key: 'site.key' } },
      accessLog: false,
    },
    alerts: { channels: { ops: { webhook: 'OPS_URL' } } },
  }
}

async function writePair(project: TestProject, daysLeft: number): Promise<void> {
  const { key, chain } = await makeSelfSigned(['localhost'], Date.now() - (SELF_SIGNED_DAYS - daysLeft) * DAY_MS)
  writeFileSync(join(project.folder, 'site.key'), key)
  writeFileSync(join(project.folder, 'site.pem'), chain)
}

/** Days, to the tenth, that the certificate is good for that clients are shown. */
async function daysShown(project: TestProject): Promise<number | null> {
  const { tls } = await project.status()
  if (tls === null || tls.port === null) return null
  const socket = await shakeHands(tls.port).catch(() => null)
  if (socket === null) return null
  const { validTo } = socket.getPeerX509Certificate()!
  socket.destroy()
  return Math.round(((Date.parse(validTo) - Date.now()) / DAY_MS) * 10) / 10
}

async function statesOf(project: TestProject): Promise<readonly string[]> {
  const { alerts } = await project.control.call('alerts.list', {})
  return RULES.map((rule) => alerts.find((one) => one.rule === rule)?.state ?? 'none')
}

/** Looks that were complete after the certificate was measured. */
async function untilLooked(project: TestProject): Promise<void> {
  const { metricsPort } = await project.status()
  const isMeasured = async (): Promise<boolean> =>
    /^seaworthy_certificate_expires_timestamp_seconds\{name="localhost"\}/m.test(
      await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text(),
    )
  await until(isMeasured, 'the certificate to be measured', WITHIN_MS)
  const since = Date.now()
  const evaluatedAt = async (): Promise<number> => (await project.control.call('alerts.list', {})).evaluatedAtMs
  await until(async () => (await evaluatedAt()) > since + 20_000, 'two looks', WITHIN_MS)
}

void test('a certificate with 29 days left is told, until another one is there; of one with 31 days nothing is said', async (t) => {
  await using hooks = await startHookSink()
  await using short = new TestProject(configOf('short'))
  await using long = new TestProject(configOf('long'))
  await Promise.all([writePair(short, 29), writePair(long, 31)])
  const up = (project: TestProject, path: string) =>
    project.must(['up', '--detach'], { OPS_URL: `${hooks.url}/${path}` })
  await Promise.all([up(short, 'short'), up(long, 'long')])
  await until(async () => (await daysShown(short)) === 29 && (await daysShown(long)) === 31, 'both to be shown')

  const alerts = watchAlerts(short, t)
  const since = Date.now()
  await alerts.fires(['CertificateExpiresSoon'], since)
  await until(() => hooks.of('alert.fired', '/short').length > 0, 'the message', WITHIN_MS)
  t.diagnostic(`29 days: told after ${Math.round((Date.now() - since) / 1_000)} s`)
  assert.match(
    String(hooks.of('alert.fired', '/short')[0]!.body['title']),
    /^The certificate localhost expires within 30 /,
  )
  await untilLooked(long)
  assert.deepEqual(await statesOf(long), ['none', 'none', 'none'], '31 days')

  // With six days left it is urgent, and told as one matter.
  await writePair(short, 6)
  await alerts.fires(['CertificateExpires'], Date.now())
  assert.equal(await daysShown(short), 6)
  assert.equal((await alerts.of('CertificateExpiresSoon'))?.held?.stage, 'inhibit')

  await writePair(short, 31)
  const ended = Date.now()
  await alerts.ends(['CertificateExpiresSoon', 'CertificateExpires'], ended)
  assert.deepEqual(await statesOf(short), ['inactive', 'inactive', 'none'])
  await until(() => hooks.of('alert.resolved', '/short').length > 0, 'the end to be told', WITHIN_MS)
  t.diagnostic(`31 days: over and told after ${Math.round((Date.now() - ended) / 1_000)} s`)
  const about = hooks.of('alert.fired', '/long').flatMap(({ body }) => body['alerts'] as readonly { name: string }[])
  assert.deepEqual(
    about.filter(({ name }) => name.startsWith('Certificate')),
    [],
    'nobody was ever told of the one with 31 days',
  )
})
