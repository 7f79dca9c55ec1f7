import assert from 'node:assert/strict'
import type { Edition } from '../app.ts'
import type { Place } from '../place.ts'
import type { Scenario } from '../scenario.ts'
import { assertLossless, assertWhole, begin, FIRST, liveOf, loadOn, nameAt } from '../settled.ts'

/** Notes the edition that it ran for, where data outlives a release; fails where it is told to. */
export const MIGRATE = `import { appendFileSync } from 'node:fs'
if (process.env.BREAKS === 'yes') { console.error('Error: column price is in use'); process.exit(3) }
if (process.env.REHEARSAL !== '1') appendFileSync('data/ran', process.env.NAME + '\\n')
`

const READ = `const { existsSync, readFileSync } = require('node:fs')
process.stdout.write(existsSync('data/ran') ? readFileSync('data/ran', 'utf8') : '')`

const migrating = (name: string, env: Readonly<Record<string, string>> = {}): Edition => ({
  name,
  env,
  service: { migrate: { expand: 'node migrate.mjs' }, writable: ['data'] },
})

export const migrations: Scenario = {
  name: 'migrations',
  seconds: { process: 12, docker: 40, kubernetes: 15 },
  run: async (place, t) => {
    place.write({ 'migrate.mjs': MIGRATE })
    const before = await begin(place, { ...FIRST, service: { writable: ['data'] } })
    await using load = await loadOn(place)
    place.configure(migrating('migrated'))
    const { operations } = JSON.parse(await place.must(['plan', '--json'])) as { operations: { kind: string }[] }
    assert.ok(operations.some(({ kind }) => kind === 'migrate'))
    await place.must(['deploy'])
    const live = await liveOf(place)
    assert.equal(await nameAt(place), 'migrated')
    await assertRan(place, 'migrated', 1)
    await assertWhole(place, live)

    place.configure(migrating('broken', { BREAKS: 'yes' }))
    const { code, stdout, stderr } = await place.run(['deploy'])
    assert.equal(code, 1, stdout + stderr)
    assert.match(stderr, /\[deploy\.migration-failed\]/)
    assert.match(stderr, /column price is in use/)
    const { last } = await assertWhole(place, live)
    assert.equal(last!.state, 'refused')
    await assertRan(place, 'broken', 0)

    // The way back undoes no migration, and forward again it has run already.
    await place.must(['rollback'])
    await assertWhole(place, before)
    place.configure(migrating('migrated'))
    await place.must(['deploy'])
    await assertRan(place, 'migrated', 1)
    const answers = await assertLossless(load, await liveOf(place))
    t.diagnostic(`${answers.length} requests, 0 failed`)
  },
}

/**
 * How often the migration of an edition has run, as what it has left tells. Where no folder outlives a pod nothing is left to
 * tell: that it runs once there is seen with a database, by `test/cluster/shapes.test.ts`.
 */
export async function assertRan(place: Place, name: string, times: number, where = name): Promise<void> {
  if (!place.keepsData) return
  const lines = (await place.must(['exec', 'api', '--', 'node', '-e', READ])).split('\n')
  assert.equal(lines.filter((line) => line === name).length, times, `${where}: runs of its migration`)
}
