import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResolvedApp } from '../../config/index.ts'
import { appWith } from '../testing.ts'
import { NO_FACTS } from './facts.ts'
import { sqliteHosts } from './sqlite-hosts.ts'
import { onlyRefusal } from './testing.ts'

/** The config refuses the same where it can see it: what is resolved may come from a release, or the hosts from elsewhere. */
function appFor(
  kind: 'sqlite' | 'postgres',
  max: number,
  target: 'kubernetes' | 'process' = 'kubernetes',
): ResolvedApp {
  const app = appWith(
    { trade: { on: { service: 'api' }, availability: '99%' } },
    {
      needs: { notes: { kind: 'sqlite' } },
      services: {
        api: { start: 'node main.ts', routes: ['/api'], uses: { notes: 'required' }, scale: { min: 1, max } },
      },
    },
  )
  return { ...app, target, needs: { notes: { ...app.needs['notes']!, kind } } }
}

void test('12: an SQLite file has one host', () => {
  const { reason, arithmetic, waysOut } = onlyRefusal(sqliteHosts, { app: appFor('sqlite', 3), facts: NO_FACTS })
  assert.equal(reason, 'sqlite-hosts')
  assert.deepEqual(arithmetic, ['notes: 1 SQLite file, 1 host', 'up to 3 instances of api on 3 hosts: 3 > 1'])
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    [
      'make notes a Postgres: needs.notes: postgres()',
      'have one instance: services.api.scale: { min: 1, max: 1 }',
      'have one host',
    ],
  )
  for (const app of [appFor('sqlite', 1), appFor('postgres', 3), appFor('sqlite', 3, 'process')])
    assert.deepEqual(sqliteHosts(app, NO_FACTS), [], 'the neighbours')
  assert.equal(sqliteHosts(appFor('sqlite', 3, 'process'), { ...NO_FACTS, hosts: 2 }).length, 1)
})
