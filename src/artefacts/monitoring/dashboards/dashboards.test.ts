import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig, loadConfig, resolveEnvironment } from '../../../config/index.ts'
import { promql } from '../../../promises/expression.ts'
import { allRules } from '../../../promises/rules.ts'
import { unknownMetrics } from '../checks.ts'
import { panel, queriesOf } from './board.ts'
import { boardsOf, dashboards } from './dashboards.ts'

const fixture = new URL('../../../../test/fixtures/monitoring/maximal', import.meta.url).pathname
const { raw, file } = await loadConfig(fixture)
const app = resolveEnvironment(checkConfig(raw, file), 'local')

interface Dashboard {
  readonly uid: string
  readonly schemaVersion: number
  readonly panels: readonly { readonly type: string; readonly targets?: readonly { readonly expr: string }[] }[]
}

void test('a dashboard asks exactly what its board asks, of whatever source is chosen', () => {
  const made = dashboards(app)
  const boards = boardsOf(app)
  assert.deepEqual(
    made.map(({ path }) => path.split('/').at(-1)),
    ['promises.json', 'service.json', 'data.json', 'security.json', 'deploys.json'],
  )
  for (const [index, { text }] of made.entries()) {
    const dashboard = JSON.parse(text) as Dashboard
    assert.equal(dashboard.schemaVersion, 42)
    assert.equal(dashboard.uid, `maximal-${boards[index]!.name}`)
    assert.deepEqual(
      dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
      queriesOf(boards[index]!.rows).map(({ expression }) => promql(expression)),
    )
    assert.doesNotMatch(text, /"id":/)
    assert.deepEqual(
      [...text.matchAll(/"uid": "([^"]+)"/g)].map(([, uid]) => uid).filter((uid) => !uid!.startsWith('maximal-')),
      Array<string>([...text.matchAll(/"uid": "\$\{source\}"/g)].length).fill('${source}'),
    )
  }
})

void test('a panel over a metric that nobody measures is told', () => {
  const rules = allRules(app)
  const boards = boardsOf(app)
  assert.deepEqual(unknownMetrics(boards, rules), [])
  const nothing = { kind: 'selector', metric: 'nothing_total', matchers: [] } as const
  const invented = { ...boards[1]!, rows: [{ title: 'x', panels: [panel('x', 'short', [nothing, 'x'])] }] }
  assert.deepEqual(unknownMetrics([invented], rules), ['Services: nothing_total is in no scrape of ours'])
})

void test('who left by himself was answered neither well nor badly, in every panel of shares', () => {
  const shares = boardsOf(app)
    .flatMap(({ rows }) => rows.flatMap(({ panels }) => panels))
    .filter(({ title }) => title.includes('answered well'))
  assert.equal(shares.length, 3)
  for (const { title, queries } of shares)
    assert.equal(promql(queries[0]!.expression).match(/client-gone\|unanswered/g)?.length, 2, title)
})
