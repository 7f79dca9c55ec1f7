/**
 * What somebody has stopped on purpose is not down: no alert says so, the answer to "is the app fine" does. Started again it is
 * watched again. Waits are a tenth of what they are.
 */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainConfig, TestProject, until } from '../support/project.ts'

const FACTOR = '0.1'
const WITHIN_MS = 120_000
/** With `down` beside it neither program comes up. */
const onlyUp = (command: string): string => `sh -c 'test ! -e $DOWN_FILE && exec ${command}'`
const DOWN = ['ServiceDown', 'ServiceDownNoData', 'InstanceDown', 'InstancesMissing', 'RestartingOften']

void test('a service stopped on purpose raises no alert, stands as stopped, and is watched again when it is started', async (t) => {
  t.diagnostic(`waits times ${FACTOR}`)
  await using project = new TestProject(plainConfig())
  const down = join(project.folder, '.seaworthy', 'down')
  const env = { DOWN_FILE: down }
  const worker = {
    start: onlyUp(`node -e "setInterval(() => {}, 1000)"`),
    health: { ready: 'true', interval: '1s', deadline: '20s' },
    env,
  }
  project.configure(plainConfig({ env, service: { start: onlyUp('node plain.mjs') }, services: { worker } }))
  await project.must(['up', '--detach'], { SEAWORTHY_ALERT_WINDOWS: FACTOR })
  const overview = () => project.control.call('alerts.list', {})
  const health = () => project.control.call('health.look', {})
  /** Of the alerts that say that something is not there: each that is not quiet. */
  const raised = async (): Promise<readonly string[]> =>
    (await overview()).alerts
      .filter(({ rule, state }) => DOWN.includes(rule) && state !== 'inactive')
      .map(({ rule, labels, state }) => `${rule} ${labels['service']} ${state}`)
  const quietFor = async (ms: number): Promise<void> => {
    const since = Date.now()
    await until(
      async () => {
        assert.deepEqual(await raised(), [])
        return (await overview()).evaluatedAtMs > since + ms
      },
      'looks at which nothing is raised',
      ms + WITHIN_MS,
    )
  }
  await quietFor(10_000)

  for (const service of ['api', 'worker']) await project.must(['stop', '--service', service])
  // Its absence would be told after 6 s, an instance too few after 30 s.
  await quietFor(50_000)
  assert.deepEqual(
    (await health()).reasons.filter(({ kind }) => kind === 'service').map(({ name, text }) => [name, text]),
    [
      ['api', 'api is stopped'],
      ['worker', 'worker is stopped'],
    ],
  )

  // What is stopped stays so for the next control.
  const { controlPid } = await project.status()
  process.kill(controlPid, 'SIGKILL')
  await until(
    async () =>
      (await project.status().then(
        (status) => status.controlPid,
        () => controlPid,
      )) !== controlPid,
    'the next control',
  )
  await quietFor(30_000)

  for (const service of ['api', 'worker']) await project.must(['stop', '--service', service, '--start'])
  await quietFor(20_000)
  assert.equal((await health()).reasons.filter(({ kind }) => kind === 'service').length, 0)

  writeFileSync(down, '')
  for (const { pid } of (await project.status()).instances) process.kill(pid!, 'SIGKILL')
  const isDown = async (): Promise<boolean> =>
    ['api', 'worker'].every((service) => told.includes(`ServiceDown ${service} firing`))
  let told: readonly string[] = []
  await until(async () => ((told = await raised()), isDown()), 'both to be down', WITHIN_MS)

  // Whoever stops what is down has taken notice of it: the alert is over.
  await project.must(['stop', '--service', 'worker'])
  const ofWorker = async (): Promise<readonly string[]> =>
    (await raised()).filter(
      (text) => / worker (?:firing|pending|no-data)$/.test(text) && !text.startsWith('Restarting'),
    )
  await until(async () => (await ofWorker()).length === 0, 'the end of the alert', WITHIN_MS)
  assert.ok((await raised()).includes('ServiceDown api firing'), 'the other one is down as before')
  rmSync(down)
  await until(async () => !(await raised()).some((text) => text.startsWith('ServiceDown')), 'api to be back', WITHIN_MS)
})
