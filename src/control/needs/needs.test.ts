import assert from 'node:assert/strict'
import { lstatSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import type { ResolvedNeed } from '../../config/resolved.ts'
import type { Release } from '../../deploy/release.ts'
import { variablesOf } from './connection.ts'
import { Needs } from './needs.ts'
import type { KeeperLink } from '../keeper-link.ts'
import { State } from '../state.ts'

function release(id: string, needs: Record<string, Partial<ResolvedNeed>>): Release {
  const uses = Object.fromEntries(Object.keys(needs).map((name) => [name, 'required']))
  const services = { api: { run: { kind: 'program' }, uses } }
  const filled = Object.entries(needs).map(([name, need]) => [name, { version: null, url: null, ...need }])
  return { id, config: { services, needs: Object.fromEntries(filled) } } as unknown as Release
}

/** No server is run here: the keeper is never asked. */
function needsIn(folder: string): Needs {
  const state = new State(join(folder, 'state.db'))
  return new Needs({ folder, path: '', state, keeper: {} as KeeperLink, onThere: () => {} })
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-needs-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a SQLite need is a file in WAL mode that its owner alone can read, the same for every release', async (t) => {
  const folder = folderFor(t)
  const needs = needsIn(folder)
  const one = release('1-a', { db: { kind: 'sqlite' } })
  assert.equal(await needs.ensure(one, 'db', null), null)
  const file = variablesOf(needs.connectionsOf(one, 'api'))['DB_FILE']!
  assert.equal(file, join(folder, 'needs', 'db', 'db.db'))
  assert.deepEqual([lstatSync(file).mode & 0o777, lstatSync(join(file, '..')).mode & 0o777], [0o600, 0o700])

  using service = new DatabaseSync(file)
  assert.equal(service.prepare('pragma journal_mode').get()!['journal_mode'], 'wal')
  service.exec("create table bets (text text) strict; insert into bets values ('kept')")
  const two = release('2-b', { db: { kind: 'sqlite' } })
  await needs.ensure(two, 'db', null)
  assert.equal(variablesOf(needs.connectionsOf(two, 'api'))['DB_FILE'], file)
  assert.deepEqual(
    service
      .prepare('select text from bets')
      .all()
      .map((row) => row['text']),
    ['kept'],
  )
})

test('the URL of an external need is kept with its release, for its owner alone', async (t) => {
  const folder = folderFor(t)
  const needs = needsIn(folder)
  const one = release('1-a', { bus: { kind: 'kafka', url: 'BUS' } })
  await needs.ensure(one, 'bus', 'kafka://one')
  // Asked again without the value: after a reboot, or for a rollback.
  await needs.ensure(one, 'bus', null)
  assert.deepEqual(variablesOf(needsIn(folder).connectionsOf(one, 'api')), {
    BUS: 'kafka://one',
    BUS_URL: 'kafka://one',
  })
  assert.equal(lstatSync(join(folder, 'secrets', '1-a', 'needs', 'bus')).mode & 0o777, 0o600)

  const two = release('2-b', { bus: { kind: 'kafka', url: 'BUS' } })
  await assert.rejects(needs.ensure(two, 'bus', null), { code: 'need.no-url' })
  assert.deepEqual(needs.connectionsOf(two, 'api'), [])
})

test('a Kafka without a URL is refused with the way out', async (t) => {
  const needs = needsIn(folderFor(t))
  await assert.rejects(needs.ensure(release('1-a', { bus: { kind: 'kafka' } }), 'bus', null), {
    code: 'need.not-here',
    hint: /kafka\(\{ url: 'BUS_URL' \}\)/,
  })
})
