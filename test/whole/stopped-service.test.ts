/** What somebody has stopped stays stopped, whatever is deployed meanwhile, and has what it needs when it is started again. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { processesOf } from '../support/processes.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

/** Takes work as long as it runs. */
const WORKER = `import { appendFileSync } from 'node:fs'
appendFileSync(process.env.FILE, process.env.TOKEN + ' ' + process.env.ROUND + '\\n')
setInterval(() => {}, 1000)
`

test('a service that was stopped is not run by the next deploy, and begins with that release when it is started', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-stopped-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'worked')
  const configOf = (round: string): object =>
    plainConfig({
      env: { NAME: round },
      services: { jobs: { start: 'node jobs.mjs', secrets: ['TOKEN'], env: { FILE: file, ROUND: round } } },
    })
  await using project = new TestProject(configOf('v1'), { 'jobs.mjs': WORKER })
  const env = { TOKEN: 'opensesame' }
  await project.must(['up', '--detach'], env)
  await project.must(['stop', '--service', 'jobs'], env)
  const worked = (): readonly string[] => readFileSync(file, 'utf8').split('\n').filter(Boolean)
  assert.deepEqual(worked(), ['opensesame v1'])

  project.configure(configOf('v2'))
  await project.must(['deploy'], env)
  const { instances, stoppedServices, world } = await project.status()
  assert.deepEqual(stoppedServices, ['jobs'])
  assert.deepEqual(
    instances.filter(({ service, release }) => service === 'jobs' && release === world.live),
    [],
  )
  assert.deepEqual(worked(), ['opensesame v1'])

  // Without its secret at hand: control has kept it with the release.
  await project.must(['stop', '--service', 'jobs', '--start'])
  await until(() => worked().length > 1, 'it to run')
  assert.deepEqual(worked(), ['opensesame v1', 'opensesame v2'])
})

test('a service that is stopped runs in the release that is kept warm no more, and is there after going back and a start', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-stopped-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const env = { TOKEN: 'opensesame' }
  const configOf = (round: string): object =>
    plainConfig({
      env: { NAME: round },
      services: {
        jobs: { start: 'node jobs.mjs', secrets: ['TOKEN'], env: { FILE: join(folder, 'worked'), ROUND: round } },
      },
    })
  await using project = new TestProject(configOf('v1'), { 'jobs.mjs': WORKER })
  await project.must(['up', '--detach'], env)
  project.configure(configOf('v2'))
  await project.must(['deploy'], env)
  const running = (): readonly number[] =>
    processesOf(project.folder).flatMap(({ pid, command }) => (command.includes('jobs.mjs') ? [pid] : []))
  assert.equal(running().length, 2, 'the one of the warm release as well')
  await project.must(['stop', '--service', 'jobs'], env)
  assert.deepEqual(running(), [])

  await project.must(['rollback'], env)
  assert.deepEqual(running(), [], 'what was stopped stays stopped')
  await project.must(['stop', '--service', 'jobs', '--start'], env)
  assert.equal(running().length, 1)

  await project.must(['deploy'], env)
  assert.equal(running().length, 2, 'again beside that of the warm one')
  await project.must(['stop', '--service', 'jobs'], env)
  await project.must(['stop', '--service', 'jobs', '--start'], env)
  const alone = running()
  assert.equal(alone.length, 1)
  await project.must(['rollback'], env)
  assert.equal(running().length, 1, 'the warm one lacked it, and has it again')
  assert.notDeepEqual(running(), alone)
})
