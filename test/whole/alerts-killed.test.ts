/** Control is killed between a fault and its message, again and again: the message comes, once, and of one incident. */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startHookSink } from '../support/hook-sink.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

const TURNS_WITHIN_MS = 90_000
const START = "sh -c 'test ! -e $DOWN_FILE && exec node plain.mjs'"

void test('a page survives every kill of control on its way: told once, of the same incident, and so is its end', async (t) => {
  await using hooks = await startHookSink()
  await using project = new TestProject(plainConfig())
  const down = join(project.folder, '.seaworthy', 'down')
  const config = plainConfig({ env: { DOWN_FILE: down }, service: { start: START } })
  project.configure({ ...config, alerts: { channels: { ops: { webhook: 'OPS_URL' } } } })
  await project.must(['up', '--detach'], { OPS_URL: `${hooks.url}/ops` })

  const incidents = async () => (await project.control.call('incident.list', { limit: 10 })).incidents
  const ours = async () => (await incidents()).filter(({ group }) => group === 'service/api')
  const isRefused = async (): Promise<boolean> => {
    const { events } = await project.control.call('events', { after: 0, limit: 1_000 })
    return events.some(({ kind, text }) => kind === 'notify-failed' && text.includes('No instance of api'))
  }
  const isFiring = async (): Promise<boolean> => {
    const { alerts } = await project.control.call('alerts.list', {})
    return alerts.some(({ rule, state }) => rule === 'ServiceDown' && state === 'firing')
  }
  const killControl = async (when: string): Promise<void> => {
    const { controlPid } = await project.status()
    const at = Date.now()
    process.kill(controlPid, 'SIGKILL')
    await until(async () => (await project.status()).controlPid !== controlPid, 'the next control')
    t.diagnostic(`killed ${when}; the next control answered after ${Date.now() - at} ms`)
  }
  const ids = (event: string): readonly string[] => hooks.of(event).map(({ body }) => String(body['id']))

  await until(() => hooks.got.length === 2, 'beginning and end of the deploy to be told')
  hooks.answer(503)
  writeFileSync(down, '')
  for (const { pid } of (await project.status()).instances) process.kill(pid!, 'SIGKILL')
  await until(isFiring, 'the alert to fire', TURNS_WITHIN_MS)
  assert.deepEqual(await ours(), [], 'it waits for what belongs to it')
  await killControl('while the alert waited for its group')
  await until(isRefused, 'the first try to be refused', TURNS_WITHIN_MS)
  const [opened] = await ours()
  await killControl('while the message waited for its next try')
  assert.deepEqual(hooks.of('alert.fired'), [], 'nobody has been told so far')
  hooks.answer(200)
  await until(() => hooks.of('alert.fired').length > 0, 'the page', TURNS_WITHIN_MS)
  assert.deepEqual((await ours()).map(startOf), [startOf(opened!)], 'the same incident, begun when it began')

  // Read and not answered: nobody but the receiver can know that it has it, so that it comes again, under the same id.
  hooks.hang()
  rmSync(down)
  const unanswered = () => hooks.unanswered.filter(({ body }) => body['event'] === 'alert.resolved')
  await until(() => unanswered().length > 0, 'the end to be sent', TURNS_WITHIN_MS)
  await killControl('while the receiver had the message and said nothing')
  hooks.answer(200)
  await until(() => hooks.of('alert.resolved').length > 0, 'the end', TURNS_WITHIN_MS)
  assert.deepEqual([...new Set(unanswered().map(({ body }) => body['id']))], ids('alert.resolved'))

  // Whoever would be told a second time is told by the next looks.
  const { evaluatedAtMs } = await project.control.call('alerts.list', {})
  const looks = async (): Promise<number> => (await project.control.call('alerts.list', {})).evaluatedAtMs
  await until(async () => (await looks()) > evaluatedAtMs + 10_000, 'two looks more', TURNS_WITHIN_MS)
  assert.deepEqual(ids('alert.fired'), ['plain/local/i1/fired'])
  assert.deepEqual(ids('alert.resolved'), ['plain/local/i1/resolved'])
  assert.deepEqual(
    (await ours()).map(({ id, reopened, cause }) => [id, reopened, cause]),
    [['i1', 0, 'alerts ended']],
  )
})

function startOf({
  id,
  openedAtMs,
  severity,
  title,
}: {
  id: string
  openedAtMs: number
  severity: string
  title: string
}) {
  return { id, openedAtMs, severity, title }
}
