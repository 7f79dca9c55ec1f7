import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { observed, type Observed } from './observe.ts'

/** What Docker 20.10 said of five containers of ours, and of three more states. */
const fixtures = join(import.meta.dirname, '../../../../test/fixtures/docker')
const recorded = readFileSync(join(fixtures, 'inspect.json'), 'utf8')
const states = JSON.parse(readFileSync(join(fixtures, 'states.json'), 'utf8')) as Record<string, object>

function of(service: string): Observed {
  return observed(recorded).find(({ instance }) => instance.service === service)!
}

function inState(name: string): Observed {
  const [first] = JSON.parse(recorded) as readonly object[]
  return observed(JSON.stringify([{ ...first, ...states[name] }]))[0]!
}

test('a healthy one, with the host name and the port it is reached at', () => {
  const { instance, health, exitCode, artifact } = of('api')
  assert.deepEqual(
    { ...instance, pid: instance.pid !== null, startedAt: new Date(instance.startedAt).toISOString().slice(0, 10) },
    {
      id: 'api@7-3fa9c1d2-1',
      service: 'api',
      release: '7-3fa9c1d2',
      host: 'api-7-3fa9c1d2-1',
      port: 8080,
      state: 'running',
      pid: true,
      startedAt: '2026-11-21',
      restarts: 0,
      lastExit: null,
    },
  )
  assert.deepEqual({ health, exitCode, artifact }, { health: 'healthy', exitCode: null, artifact: '4009145b3f78c8a9' })
})

test('those that end again and again', () => {
  const broken = of('broken')
  assert.equal(broken.instance.state, 'crash-loop')
  assert.equal(broken.instance.pid, null)
  assert.equal(broken.instance.lastExit, 'exited with 3')
  assert.equal(broken.exitCode, 3)
  assert.ok(broken.instance.restarts >= 5)
  assert.equal(of('quiet').exitCode, 0)
  assert.equal(of('absent').exitCode, 127)
})

test('one out of memory says so, also between two of its ends', () => {
  const greedy = of('greedy')
  assert.deepEqual([greedy.isOutOfMemory, greedy.instance.state, greedy.exitCode], [true, 'crash-loop', 137])
  assert.equal(greedy.instance.lastExit, 'exited with 137 (SIGKILL)')
  // While it runs the engine shows an exit code of 0, whatever it was.
  const list = JSON.parse(recorded) as readonly { readonly Name: string; readonly State: object }[]
  const one = list.find(({ Name }) => Name.includes('greedy'))!
  const running = { ...one, State: { ...one.State, Status: 'running', Pid: 7, ExitCode: 0 } }
  const [again] = observed(JSON.stringify([running]))
  assert.deepEqual([again!.exitCode, again!.instance.lastExit], [null, 'ran out of memory'])
})

test('what the engine could not start, and what somebody stopped', () => {
  const missing = inState('not-found')
  assert.equal(missing.instance.state, 'starting')
  assert.equal(missing.exitCode, 127)
  assert.match(missing.instance.lastExit!, /^could not be started: .*no such file or directory/)
  assert.match(inState('port-taken').error, /port is already allocated/)
  const stopped = inState('stopped')
  assert.deepEqual([stopped.instance.state, stopped.instance.lastExit], ['stopped', 'exited with 0'])
})

test('signals are named', () => {
  const [first] = JSON.parse(recorded) as readonly { readonly State: object }[]
  const killed = { ...first, State: { ...first!.State, Status: 'exited', Pid: 0, ExitCode: 137, OOMKilled: false } }
  assert.equal(observed(JSON.stringify([killed]))[0]!.instance.lastExit, 'exited with 137 (SIGKILL)')
})

test('a container without our labels is none of ours', () => {
  const [first] = JSON.parse(recorded) as readonly object[]
  for (const Labels of [null, {}, { 'seaworthy.app': 'shop' }])
    assert.deepEqual(observed(JSON.stringify([{ ...first, Config: { Labels } }])), [])
  assert.throws(() => observed('Cannot connect to the Docker daemon'))
})
