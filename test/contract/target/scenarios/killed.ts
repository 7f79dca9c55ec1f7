import assert from 'node:assert/strict'
import { doneOperations, isPastSwitch } from '../../../../src/deploy/journal.ts'
import { journalPoints, type JournalPoint, type Plan } from '../../../../src/deploy/plan.ts'
import { MIGRATE, assertRan } from './migrations.ts'
import type { Edition } from '../app.ts'
import type { Place } from '../place.ts'
import type { Scenario } from '../scenario.ts'
import { assertLossless, assertWhole, begin, eventually, liveOf, loadOn, nameAt } from '../settled.ts'

export const killed: Scenario = {
  name: 'killed at each journal point',
  // On Docker two points took 165 s: more than a sample has, so that `bin/prove-all` alone runs it there.
  seconds: { process: 30, docker: 165, kubernetes: 250 },
  run: async (place, t) => {
    place.write({ 'migrate.mjs': MIGRATE })
    await begin(place, editionOf('begun'))
    // A second release, so that there is a warm one to retire.
    await deployed(place, 'second')
    await using load = await loadOn(place)
    place.configure(editionOf('planned'))
    place.touch()
    const points = journalPoints(JSON.parse(await place.must(['plan', '--json'])) as Plan)
    assert.ok(points.some(({ operation }) => operation === 'prepare:api'))
    const chosen = t.some(points)
    for (const [index, point] of chosen.entries()) {
      const way = index % 2 === 0 ? '--resume' : '--abort'
      const end = await crashAndSettle(place, { ...point, way, name: `${way.slice(2)} ${index}` })
      t.diagnostic(`${point.operation}:${point.point}, then ${way}: ${end}`)
    }
    const answers = await assertLossless(load, await liveOf(place))
    t.diagnostic(`${chosen.length} of ${points.length} points, ${answers.length} requests, 0 failed`)
  },
}

export const staleLease: Scenario = {
  name: 'stale lease',
  seconds: { process: 45, docker: 60, kubernetes: 90 },
  run: async (place, t) => {
    await begin(place)
    await using load = await loadOn(place)
    place.configure({ name: 'sleeper', env: { SLOW_START_MS: '8000' } })
    const sleeper = place.start(['deploy'])
    await eventually(async () => {
      const { running } = await place.status()
      return running?.journal.some(({ operation }) => operation === 'gate:api') ?? false
    }, 'the deploy to be at its gate')
    process.kill(sleeper.pid, 'SIGSTOP')
    place.configure({ name: 'awake' })
    // Alive as it is, only its silence frees the lease.
    await place.must(['deploy'])
    const before = await assertWhole(place, await liveOf(place))

    process.kill(sleeper.pid, 'SIGCONT')
    const { code, stdout, stderr } = await sleeper.ended

    assert.equal(code, 3, stdout + stderr)
    assert.match(stderr, /\[lease\.lost\]/)
    const after = await assertWhole(place, before.world.live!)
    assert.deepEqual([after.world, after.last!.id], [before.world, before.last!.id])
    assert.equal(await nameAt(place), 'awake')
    const answers = await assertLossless(load, before.world.live!)
    t.diagnostic(`${answers.length} requests, 0 failed`)
  },
}

export const twoAtOnce: Scenario = {
  name: 'two deploys at once',
  seconds: { process: 15, docker: 25, kubernetes: 40 },
  run: async (place) => {
    await begin(place)
    place.configure({ name: 'one of two', env: { SLOW_START_MS: '7000' } })
    const results = await Promise.all([place.run(['deploy']), place.run(['deploy'])])
    const said = results.map(({ stdout, stderr }) => stdout + stderr).join('\n---\n')
    assert.deepEqual(results.map(({ code }) => String(code)).toSorted(), ['0', '1'], said)
    assert.match(results.find(({ code }) => code === 1)!.stderr, /\[deploy\.locked\]/)
    assert.equal(await nameAt(place), 'one of two')
    await assertWhole(place, await liveOf(place))
  },
}

/** With a migration and with smoke: so that the plan has all operations. */
function editionOf(name: string): Edition {
  return {
    name,
    service: { migrate: { expand: 'node migrate.mjs' }, writable: ['data'] },
    environment: { smoke: [{ request: 'GET /', expect: { status: 200 } }] },
  }
}

async function deployed(place: Place, name: string): Promise<string> {
  place.configure(editionOf(name))
  place.touch()
  await place.must(['deploy'])
  return liveOf(place)
}

interface Crash extends JournalPoint {
  readonly way: '--resume' | '--abort'
  readonly name: string
}

/** Whoever comes next brings the environment to one healthy release: how the deploy ended. */
async function crashAndSettle(place: Place, { operation, point, way, name }: Crash): Promise<string> {
  const where = `${operation}:${point}`
  const before = await liveOf(place)
  place.configure(editionOf(name))
  place.touch()
  const crashed = await place.run(['deploy'], { SEAWORTHY_CRASH_AT: where })
  assert.equal(crashed.signal, 'SIGKILL', `${where}: ${crashed.stdout}\n${crashed.stderr}`)
  const { running } = await place.status()
  assert.ok(running, `${where}: the deploy is not left unfinished`)
  const { journal } = await place.record(running.id)
  assert.ok(journal.some((entry) => entry.operation === operation && entry.point === point))

  const settled = await place.run(['deploy', way])

  const record = await place.record(running.id)
  const next = record.plan.release.id
  if (settled.code === 0) {
    await assertWhole(place, way === '--resume' ? next : before)
    assert.match(record.state, way === '--resume' ? /^(done|inconclusive)$/ : /^(aborted|taken-back)$/)
  } else {
    // Where a dead holder is only known by its silence control may come first: behind the switch it ends the deploy alone.
    assert.match(settled.stderr, /\[deploy\.nothing-unfinished\]/, where)
    assert.ok(isPastSwitch(journal), `${where}: ${settled.stderr}`)
    assert.match(record.state, /^(done|inconclusive)$/)
    await assertWhole(place, await liveOf(place))
  }
  assert.equal(record.proof!.failed, 0, record.proof!.failures.join('\n'))
  const wanted = record.state !== 'aborted' || doneOperations(journal).has('migrate:api') ? 1 : 0
  await assertRan(place, name, wanted, where)
  return record.state
}
