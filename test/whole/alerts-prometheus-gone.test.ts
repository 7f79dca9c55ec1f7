/** An environment names a Prometheus, which is gone: whoever is paged by the alerts is paged all the same. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { startHookSink } from '../support/hook-sink.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

/** From the fault to the message, as without a Prometheus. */
const TOLD_MS_MAX = 60_000
const START = "sh -c 'test ! -e $DOWN_FILE && exec node plain.mjs'"

void test('alerts fire and are told with the Prometheus of the environment refusing and hanging', async (t) => {
  await using hooks = await startHookSink()
  await using prometheus = await startSilence()
  await using project = new TestProject(plainConfig())
  const down = join(project.folder, '.seaworthy', 'down')
  const config = plainConfig({
    env: { DOWN_FILE: down },
    service: { start: START },
    environment: { prometheus: prometheus.url },
  })
  project.configure({ ...config, alerts: { channels: { ops: { webhook: 'OPS_URL' } }, heartbeat: 'BEAT_URL' } })
  await project.must(['up', '--detach'], { OPS_URL: `${hooks.url}/ops`, BEAT_URL: `${hooks.url}/beat` })
  const evaluatedAt = async (): Promise<number> => (await project.control.call('alerts.list', {})).evaluatedAtMs
  const begun = Date.now()
  await until(async () => (await evaluatedAt()) > begun, 'a look at all rules while it hangs', TOLD_MS_MAX)
  // Who does ask it is told so, and nothing else.
  const asked = await project.run(['metrics', 'seaworthy_instance_up'])
  assert.match(asked.stderr, /series\.unreachable/)
  assert.ok(prometheus.connections() > 0, 'it is asked what it was named for')

  await prometheus.refuse()
  writeFileSync(down, '')
  const killedAt = Date.now()
  for (const { pid } of (await project.status()).instances) process.kill(pid!, 'SIGKILL')
  await until(() => hooks.of('alert.fired').length > 0, 'the page', TOLD_MS_MAX)
  const [fired] = hooks.of('alert.fired')
  assert.deepEqual([fired!.body['severity'], fired!.body['title']], ['P0', 'No instance of api answers.'])
  t.diagnostic(`kill to webhook ${fired!.atMs - killedAt} ms`)
  const before = Date.now()
  await until(async () => (await evaluatedAt()) > before, 'a look at all rules while it refuses', TOLD_MS_MAX)
  assert.ok(hooks.of('alert.heartbeat', '/beat').length > 0, 'the heartbeat goes on')
})

/** Something that takes connections and never says a word, until it refuses them. */
async function startSilence() {
  let taken = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    taken += 1
    socket.on('error', () => {})
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const refuse = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => taken,
    refuse,
    [Symbol.asyncDispose]: refuse,
  }
}
