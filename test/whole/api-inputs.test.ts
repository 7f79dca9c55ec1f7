/** Whatever is asked of the control API is answered or refused: never with our own bug, and nothing dies of it. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { socketPath } from '../../src/keeper/paths.ts'
import { inputFor, METHODS } from '../seeded/inputs.ts'
import { randomFrom } from '../seeded/random.ts'
import { plainConfig, TestProject } from '../support/project.ts'

/** They end the environment or a service, or take it to where nothing else is asked, or take seconds for each call that is right. */
const LEFT_OUT: ReadonlySet<string> = new Set(['environment.stop', 'service.stop', 'lease.acquire', 'gateway.upgrade'])
const ROUNDS = 25
const SEED = 20261121

void test('a seeded fuzz over every method finds no failure of our own', async () => {
  await using project = new TestProject(plainConfig())
  await project.must(['up', '--detach'])
  const before = await project.status()
  const socket = socketPath(project.stateFolder, 'control')
  const post = (method: string, body: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const call = request({ socketPath: socket, method: 'POST', path: `/v1/${method}`, agent: false }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => (text += part))
        response.on('end', () => resolve({ status: response.statusCode!, text }))
      })
      call.on('error', reject)
      call.end(body)
    })
  for (const [method, input] of [
    ['events', { after: '0', limit: {} }],
    ['incident.list', { limit: 'many' }],
    ['traces.list', { fromMs: 'yesterday' }],
  ] as const) {
    const { status, text } = await post(method, JSON.stringify(input))
    assert.deepEqual([status, (JSON.parse(text) as { code: string }).code], [400, 'api.wrong-input'], method)
  }
  const random = randomFrom(SEED)
  const counts = new Map<number, number>()
  const failures: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    for (const [method, schema] of Object.entries(METHODS)) {
      if (LEFT_OUT.has(method)) continue
      const input = inputFor(schema, random, random.pick([0, 0, 0.05, 0.3]))
      // Nobody is waited for.
      const asked = typeof input === 'object' && input !== null && 'waitMs' in input ? { ...input, waitMs: 0 } : input
      const body = JSON.stringify(asked)
      const { status, text } = await post(method, body)
      counts.set(status, (counts.get(status) ?? 0) + 1)
      if (![200, 400, 409].includes(status))
        failures.push(`${method} ${body.slice(0, 300)}: ${status} ${text.slice(0, 300)}`)
    }
  }
  assert.deepEqual(failures, [])
  for (const status of [200, 400, 409]) assert.ok(counts.get(status)! > 100, JSON.stringify([...counts]))
  const after = await project.status()
  assert.equal(after.controlPid, before.controlPid)
  assert.deepEqual(
    after.instances.map(({ id, pid }) => [id, pid]),
    before.instances.map(({ id, pid }) => [id, pid]),
  )
})
