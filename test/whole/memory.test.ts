/** `resources.memory` while a release is live: who grows over it is killed, started again, and everybody can see why. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainConfig, TestProject, until } from '../support/project.ts'

const SERVER = `
  import { createServer } from 'node:http'
  const kept = []
  createServer((request, response) => {
    // After its answer: killed before it, the gateway would rightly ask the other instance, which would leak as well.
    const leak = () => kept.push(Buffer.alloc(200 * 1024 * 1024, 1))
    response.end('pid ' + process.pid, request.url === '/leak' ? leak : undefined)
  }).listen(Number(process.env.PORT), '127.0.0.1')`

void test('an instance that grows over its bound is killed and started again; the other one is not', async (t) => {
  const service = {
    start: 'node server.mjs',
    health: { interval: '1s' },
    scale: { min: 2 },
    resources: { memory: '160MiB' },
  }
  await using project = new TestProject(plainConfig({ service }), { 'server.mjs': SERVER })
  await project.must(['up', '--detach'])
  const before = (await project.status()).instances
  const port = await project.port()
  const answer = await (await fetch(`http://127.0.0.1:${port}/leak`)).text()
  const leakedAt = Date.now()
  const leaking = before.find(({ pid }) => answer === `pid ${pid}`)!
  const other = before.find(({ id }) => id !== leaking.id)!
  const now = async (id: string) => (await project.status()).instances.find((one) => one.id === id)!
  await until(async () => {
    const { pid, restarts, state } = await now(leaking.id)
    return pid !== leaking.pid && restarts === 1 && state === 'running'
  }, 'the instance to be started again')
  t.diagnostic(`killed and started again within ${Date.now() - leakedAt} ms of the leak`)

  const why = /used (\d+) MiB of 160 MiB \(`resources\.memory`; resident memory of 1 process\)/
  assert.match((await now(leaking.id)).lastExit!, why)
  assert.ok(
    Number(why.exec((await now(leaking.id)).lastExit!)![1]) >= 160,
    'seen in the middle of its growth, or behind it',
  )
  const { stdout } = await project.must(['status', '--history'])
  assert.match(stdout, new RegExp(`${leaking.id} .*was killed: it used`), 'the list of instances says so')
  assert.match(stdout, /instance-over-memory +api@\S+ used \d+ MiB of 160 MiB .*; killed to be started again/)
  assert.equal((await now(other.id)).pid, other.pid)
  const { examination } = await project.control.call('instance.examine', { name: leaking.id })
  assert.deepEqual(examination.memory!.limitBytes, 160 * 2 ** 20)
  assert.ok(examination.memory!.peakBytes > 160 * 2 ** 20)
  assert.ok(examination.variables.includes('PORT'))
})
