import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { failuresOf, startLoad } from '../support/load.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'
import { numbers, scaling } from '../support/scaling.ts'

const scaleTo = (min: number, max: number, measures: object = {}) => ({ scale: { min, max, ...measures } })

/** As slow as the product is, but for a window that a test can wait for. */
const SHORT_WINDOW = { windowMs: 16_000, downMs: 1_000 }

void test('a step of load brings instances up within 20 s, and they go only after the window', async () => {
  await using project = new TestProject(plainConfig({ service: scaleTo(1, 3, { rate: '40/s' }) }))
  await project.must(['up', '--detach'], { SEAWORTHY_SCALE_TIMING: JSON.stringify(SHORT_WINDOW) })
  await using load = startLoad({ port: await project.port(), clients: 6, isGood: (status) => status === 200 })
  await until(async () => (await scaling(project)).running === 3, 'three instances', 20_000)
  const failures = failuresOf(await load.stop())
  const stoppedAt = Date.now()
  assert.match((await scaling(project)).note!.because, /→ 3: rate [\d.]+\/s an instance, target 40\/s/)
  await until(async () => (await numbers(project)).running === 1, 'one instance again', 60_000)
  assert.deepEqual(failures, [])
  const events = await scaledEvents(project)
  const downs = events.filter(({ text }) => / (?:3 → 2|2 → 1):/.test(text))
  assert.equal(downs.length, 2, events.map(({ text }) => text).join('; '))
  // The last look that wanted three may have been up to one look before the end of the load.
  const lookEveryMs = 2_000
  assert.ok(downs[0]!.at >= stoppedAt + SHORT_WINDOW.windowMs - lookEveryMs, `${downs[0]!.at - stoppedAt} ms`)
})

/** Works as long as it is told for each request, and shows the length of a queue as long as there is a file with it. */
const WORKS = `
  import { readFileSync } from 'node:fs'
  import { createServer } from 'node:http'
  createServer((request, response) => {
    if (request.url === '/metrics') {
      try { return response.end('# TYPE waiting gauge\\nwaiting{queue="a"} ' + readFileSync(process.env.LENGTH, 'utf8') + '\\n') }
      catch { response.statusCode = 404; return response.end() }
    }
    const before = process.cpuUsage()
    while (request.url === '/burn' && process.cpuUsage(before).user < 20_000);
    response.end('ok')
  }).listen(Number(process.env.PORT), '127.0.0.1')
  process.on('SIGTERM', () => process.exit(0))`
const QUICK = { lookEveryMs: 300, averageMs: 1_200, upMs: 500, downMs: 500, windowMs: 2_000 }

void test('a queue that is gone changes nothing and is told; one that is empty brings the instances down', async () => {
  await using project = new TestProject(plainConfig(), { 'works.mjs': WORKS })
  const length = join(project.folder, 'length')
  const service = { start: 'node works.mjs', ...scaleTo(1, 3, { queue: { metric: 'waiting', target: 10 } }) }
  project.configure(plainConfig({ service, env: { LENGTH: length } }))
  writeFileSync(length, '30')
  await project.must(['up', '--detach'], { SEAWORTHY_SCALE_TIMING: JSON.stringify(QUICK) })
  await until(async () => (await numbers(project)).running === 3, 'three instances')

  rmSync(length)
  await until(async () => (await eventKinds(project)).includes('scale-no-data'), 'the word that there is no data')
  const goneAt = Date.now()
  await until(async () => {
    assert.deepEqual(await numbers(project), { wanted: 3, running: 3 })
    return Date.now() > goneAt + 3 * QUICK.windowMs
  }, 'three windows to pass')
  assert.match((await project.must(['scale'])).stdout, /queue no data \(\/metrics of .*status 404\)/)

  writeFileSync(length, '0')
  await until(async () => (await numbers(project)).running === 1, 'one instance')
  assert.ok((await eventKinds(project)).includes('scale-data'))

  // By hand, and back to the measure.
  await project.must(['scale', 'api=2'])
  const setAt = Date.now()
  await until(async () => {
    assert.equal((await scaling(project)).wanted, 2, 'set by hand: no measure changes it')
    return Date.now() > setAt + QUICK.windowMs + 2 * QUICK.downMs
  }, 'more than a window to pass')
  await project.must(['scale', 'api=auto'])
  await until(async () => (await numbers(project)).running === 1, 'the measure to decide again')
})

void test('the work of its processes brings instances up, and its end brings them down', async () => {
  await using project = new TestProject(plainConfig(), { 'works.mjs': WORKS })
  const service = { start: 'node works.mjs', ...scaleTo(1, 2, { cpu: '10%' }) }
  project.configure(plainConfig({ service }))
  await project.must(['up', '--detach'], { SEAWORTHY_SCALE_TIMING: JSON.stringify(QUICK) })
  const load = startLoad({ port: await project.port(), clients: 1, path: '/burn', methods: ['GET'], pauseMs: 2 })
  try {
    await until(async () => (await numbers(project)).running === 2, 'the second instance', 20_000)
    assert.match((await scaling(project)).note!.because, /1 → 2: cpu \d+ % an instance, target 10 %/)
  } finally {
    await load.stop()
  }
  await until(async () => (await numbers(project)).running === 1, 'one again, now that there is no work')
})

async function scaledEvents(project: TestProject) {
  const { events } = await project.control.call('events', { after: 0, limit: 200 })
  return events.filter(({ kind }) => kind === 'scaled')
}

async function eventKinds(project: TestProject): Promise<readonly string[]> {
  const { events } = await project.control.call('events', { after: 0, limit: 200 })
  return events.map(({ kind }) => kind)
}
