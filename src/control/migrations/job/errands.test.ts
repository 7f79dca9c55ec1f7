import assert from 'node:assert/strict'
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { until } from '../../../gateway/testing.ts'
import { commanding, endErrand, Errands, pouring, readErrand } from './errands.ts'

function reportIn(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-errands-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, '1.json')
}

const seen = async (report: string, id: number): Promise<void> => until(() => readErrand(report)?.id === id)

test('a command waits for its end, whose lines are said; the next one has the next number', async (t) => {
  const report = reportIn(t)
  const said: string[] = []
  const run = commanding(new Errands(report, (line) => said.push(line)))
  const first = run(['node', 'migrate.ts'], { env: { KEY: 'geheim' }, timeoutMs: 20_000 })
  await seen(report, 1)
  assert.deepEqual(readErrand(report), { id: 1, what: 'command', argv: ['node', 'migrate.ts'], env: { KEY: 'geheim' } })
  assert.equal(lstatSync(`${report}.errand`).mode & 0o777, 0o600)
  endErrand(report, 1, { because: 'exited with 3', lastLines: ['no table', 'bets'] })
  assert.equal(await first, 'exited with 3')
  assert.deepEqual(said, ['no table', 'bets'])

  const second = run(['node', 'migrate.ts'], { env: {}, timeoutMs: 20_000 })
  await seen(report, 2)
  // What was the first's end, told again, is not taken for this one's.
  endErrand(report, 1, { because: 'exited with 3', lastLines: [] })
  assert.equal(readErrand(report)!.id, 2)
  assert.deepEqual(readdirSync(join(report, '..')), ['1.json.errand'])
  endErrand(report, 2, { because: null, lastLines: [] })
  assert.equal(await second, null)
  assert.deepEqual(readdirSync(join(report, '..')), [])
})

test('nobody does it: it ends by itself, and nothing of it is left', async (t) => {
  const report = reportIn(t)
  const run = commanding(new Errands(report, () => {}))
  assert.equal(await run(['node'], { env: {}, timeoutMs: 100 }), 'did not end within 0.1 s')
  assert.equal(readErrand(report), null)
})

test('a copy that fails is an error with its words', async (t) => {
  const report = reportIn(t)
  const pour = pouring(new Errands(report, () => {}))
  const pouringOne = { need: 'db', url: 'postgres://app@need-db/db', into: 'copy', options: ['--no-owner'] }
  const poured = pour({ ...pouringOne, serverMajor: 15, client: {} as never })
  const failed = assert.rejects(poured, /no room/)
  await seen(report, 1)
  assert.deepEqual(readErrand(report), { id: 1, what: 'copy', ...pouringOne })
  endErrand(report, 1, { because: 'no room', lastLines: [] })
  await failed
})
