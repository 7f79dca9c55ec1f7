/** The CLI is killed at points of its journal, in the end at every one; whoever comes next brings the environment to one healthy release. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { doneOperations } from '../../src/deploy/journal.ts'
import { journalPoints, OPERATION_KINDS, type JournalPoint, type Plan } from '../../src/deploy/plan.ts'
import { SEED, someOf } from '../seeded/some.ts'
import { failuresOf, startLoad } from '../support/load.ts'
import { TestProject } from '../support/project.ts'
import { assertWhole, migrationRuns, wholeConfig, writeEdition } from '../support/whole-app.ts'

/** Operations of the plan that this test deploys: all kinds but `stop`, which only a recreated service has, and `canary`: below. */
const KINDS = OPERATION_KINDS.filter((kind) => kind !== 'stop' && kind !== 'canary')

/** Of two dozen, each of which takes four seconds. */
const SOME = 8

for (const way of ['--resume', '--abort'] as const) {
  test(`the CLI dies by SIGKILL at journal points, then ${way}: one healthy release, no request lost`, (t) =>
    points(way, t))
}

async function points(way: '--resume' | '--abort', t: TestContext): Promise<void> {
  await using project = new TestProject(wholeConfig({ environment: { hooks: { before: 'node -e 0' } } }))
  writeEdition(project, 'first')
  await project.must(['up', '--detach'])
  // A second release, so that there is a warm one to retire.
  writeEdition(project, 'second')
  await project.must(['deploy'])

  const port = await project.port()
  const isGood = (status: number): boolean => status < 400
  await using programs = startLoad({ port, clients: 6, pauseMs: 20, isGood })
  await using files = startLoad({ port, clients: 2, pauseMs: 20, path: '/web/', methods: ['GET'], isGood })
  const every = await pointsOfNextDeploy(project, 'third')
  const some = someOf(every, SOME)
  const slowest = { point: '', ms: 0 }
  for (const [index, point] of some.entries()) {
    const startedAt = Date.now()
    await crashAndSettle(project, { ...point, way, edition: `${way} ${index}` })
    const ms = Date.now() - startedAt
    if (ms > slowest.ms) Object.assign(slowest, { point: nameOf(point), ms })
  }
  const answers = [...(await programs.stop()), ...(await files.stop())]
  assert.deepEqual(failuresOf(answers), [])
  t.diagnostic(
    `${some.length} of ${every.length} points, SEED=${SEED}: ${answers.length} requests, 0 failed; longest ${slowest.point} ${slowest.ms} ms`,
  )
}

async function pointsOfNextDeploy(project: TestProject, edition: string): Promise<readonly JournalPoint[]> {
  writeEdition(project, edition)
  const plan = JSON.parse((await project.must(['plan', '--json'])).stdout) as Plan
  assert.deepEqual([...new Set(plan.operations.map(({ kind }) => kind))].toSorted(), KINDS.toSorted())
  return journalPoints(plan)
}

async function crashAndSettle(
  project: TestProject,
  { operation, point, way, edition }: JournalPoint & { way: '--resume' | '--abort'; edition: string },
): Promise<void> {
  const where = nameOf({ operation, point })
  const before = (await project.status()).world.live!
  writeEdition(project, edition)
  const crashed = await project.run(['deploy'], { SEAWORTHY_CRASH_AT: where })
  assert.equal(crashed.signal, 'SIGKILL', `${where}: ${crashed.stdout}\n${crashed.stderr}`)
  const { running } = await project.status()
  assert.ok(running, `${where}: the deploy is not left unfinished`)
  assert.ok(running.journal.some((entry) => entry.operation === operation && entry.point === point))

  await project.must(['deploy', way])

  const next = running.plan.release
  await assertWhole(project, way === '--resume' ? next.id : before)
  const { deploy } = await project.control.call('deploy.get', { deploy: running.id })
  const isPastMigration = way === '--resume' || doneOperations(running.journal).has('migrate:api')
  const runs = migrationRuns(project).get(next.artifacts['api']!) ?? 0
  assert.equal(runs, isPastMigration ? 1 : 0, `${where}: the migration ran ${runs} times`)
  assert.equal(deploy!.proof!.failed, 0, deploy!.proof!.failures.join('\n'))
}

function nameOf({ operation, point }: JournalPoint): string {
  return `${operation}:${point}`
}
