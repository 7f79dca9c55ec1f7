import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { seriesKey, type Labels } from '../../src/core/series/labels.ts'
import { SCRAPE_MS } from '../../src/core/series/series.ts'
import type { LeftEdge } from '../../src/core/series/window.ts'
import { INACTIVE, nextProgress } from '../../src/observe/alerts/alert.ts'
import { MemoryStore } from '../../src/observe/series/memory-store.ts'
import { promql, promqlDuration } from '../../src/promises/expression.ts'
import { drawSet, notationOf, readingsOf, SAMPLES, type DrawnSeries } from './series/sets.ts'
import { alertLabels, rulesFor, type Rule } from './series/rules.ts'

const SETS = 200
/** How many stand side by side in one unit test of promtool's. */
const TOGETHER = 25
const EVALUATE_MS = 20_000
const RUN_WITHIN_MS = 120_000

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-promtool-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const hasPromtool = spawnSync('promtool', ['--version']).status === 0
const skip = hasPromtool ? false : 'promtool is not installed'

const drawn = Array.from({ length: SETS }, (_, seed) => drawSet(seed + 1))
/** The first set of each unit test: those whose absence is asked for. */
const named = drawn.filter((_, index) => index % TOGETHER === 0).map((set) => set[0]!.labels['set']!)
const rules = rulesFor(named)

/** What the embedded evaluator is given instead, or which rule it is asked to follow: each has to be noticed. */
interface Wrong {
  readonly edge?: LeftEdge
  readonly change?: (series: DrawnSeries) => DrawnSeries
}

void test(
  `${SETS} seeded sets: each alert fires when it does in Prometheus, and ends when it does`,
  { skip },
  async (t) => {
    const { said, firings, fired } = await compare({})
    assert.equal(said.slice(0, 4_000), '')
    assert.deepEqual(
      rules.filter(({ name }) => !fired.has(name) && !name.startsWith('Absent')).map(({ name }) => name),
      [],
      'rules that never fired show nothing',
    )
    assert.ok([...fired].some((name) => name.startsWith('Absent')))
    t.diagnostic(
      `${firings} firing alerts at ${(SAMPLES * SCRAPE_MS) / EVALUATE_MS} evaluations of ${rules.length} rules`,
    )
  },
)

const WRONGS: Readonly<Record<string, Wrong>> = {
  'the left edge of Prometheus 3': { edge: 'open' },
  'no resets': {
    change: ({ values, ...rest }) => ({ ...rest, values: rest.metric.endsWith('_total') ? risen(values) : values }),
  },
  'no ends': { change: ({ values, ...rest }) => ({ ...rest, values: values.map((value) => value ?? undefined) }) },
  'no bucket of everything': {
    change: (series) => (series.labels['le'] === '+Inf' ? { ...series, values: [] } : series),
  },
}
for (const [what, wrong] of Object.entries(WRONGS)) {
  void test(`the comparison notices ${what}`, { skip }, async () => {
    const { said } = await compare(wrong, TOGETHER)
    assert.match(said.slice(0, 4_000), /exp:/)
  })
}

/** Lets promtool compare what the embedded evaluator found. Its objections; empty: none. */
async function compare(
  wrong: Wrong,
  sets = SETS,
): Promise<{ said: string; firings: number; fired: ReadonlySet<string> }> {
  const fired = new Set<string>()
  let firings = 0
  const tests = []
  for (let index = 0; index < sets; index += TOGETHER) {
    const series = drawn.slice(index, index + TOGETHER).flat()
    const alerts = await firingOf(series, wrong)
    for (const { alertname, exp_alerts } of alerts) {
      firings += exp_alerts.length
      if (exp_alerts.length > 0) fired.add(alertname)
    }
    tests.push({
      interval: promqlDuration(SCRAPE_MS),
      input_series: series.map(({ metric, labels, values }) => ({
        series: seriesKey(metric, labels),
        values: notationOf(values),
      })),
      alert_rule_test: alerts,
    })
  }
  const run = mkdtempSync(join(folder, 'run-'))
  writeFileSync(join(run, 'rules.yml'), JSON.stringify({ groups: [{ name: 'seeded', rules: rules.map(ruleFile) }] }))
  const test = { rule_files: ['rules.yml'], evaluation_interval: promqlDuration(EVALUATE_MS), tests }
  writeFileSync(join(run, 'test.yml'), JSON.stringify(test))
  const { status, signal, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'test.yml'], {
    cwd: run,
    encoding: 'utf8',
    timeout: RUN_WITHIN_MS,
    maxBuffer: 2 ** 28,
  })
  return { said: status === 0 ? '' : `${stdout}${stderr}` || `ended by ${signal}`, firings, fired }
}

/** At each evaluation, and for each rule, the alerts that fire. */
async function firingOf(series: readonly DrawnSeries[], { edge = 'closed', change = (same) => same }: Wrong) {
  const store = new MemoryStore({ edge })
  for (const each of series) store.append(readingsOf(change(each)))
  const found = []
  for (const rule of rules) {
    let alerts = new Map<string, { progress: typeof INACTIVE; labels: Labels }>()
    for (let nowMs = 0; nowMs < SAMPLES * SCRAPE_MS; nowMs += EVALUATE_MS) {
      const next: typeof alerts = new Map()
      for (const { labels } of await store.instant(rule.expression, nowMs)) {
        const key = seriesKey('', labels)
        const before = alerts.get(key)?.progress ?? INACTIVE
        next.set(key, { labels, progress: nextProgress(before, 'holds', { nowMs, forMs: rule.forMs }) })
      }
      alerts = next
      const firing = [...alerts.values()].filter(({ progress }) => progress.state === 'firing')
      found.push({
        eval_time: promqlDuration(nowMs),
        alertname: rule.name,
        exp_alerts: firing.map(({ labels }) => ({ exp_labels: alertLabels(labels) })),
      })
    }
  }
  return found
}

function ruleFile({ name, expression, forMs }: Rule): object {
  return { alert: name, expr: promql(expression), for: promqlDuration(forMs) }
}

/** A counter that never falls. */
function risen(values: DrawnSeries['values']): DrawnSeries['values'] {
  let most = 0
  return values.map((value) => (typeof value === 'number' ? (most = Math.max(most, value)) : value))
}
