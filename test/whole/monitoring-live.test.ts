/** A real Prometheus with the generated configuration over the running example: every rule and panel finds its series. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Market } from '../../demo/market.ts'
import { panel, queriesOf, type Board, type Query } from '../../src/artefacts/monitoring/dashboards/board.ts'
import { boardsOf } from '../../src/artefacts/monitoring/dashboards/dashboards.ts'
import { PORTS } from '../../src/artefacts/monitoring/places.ts'
import { connectControl } from '../../src/control/api/client.ts'
import { socketPath } from '../../src/keeper/paths.ts'
import { metricsOfRules } from '../../src/promises/alert-rule.ts'
import { promql } from '../../src/promises/expression.ts'
import { allRules } from '../../src/promises/rules.ts'
import { appAt, generateInto } from '../support/monitoring.ts'
import { until } from '../support/project.ts'
import { scrape } from '../support/scrape.ts'

const ANSWERS_WITHIN_MS = 120_000
const SCRAPE_EVERY = '2s'
/** What this example has no reason to show: it declares no memory for a service and no channel to tell. */
const ABSENT_HERE: ReadonlySet<string> = new Set([
  'seaworthy_instance_memory_limit_bytes',
  'seaworthy_notifications_total',
])

void test('every metric of a rule is in a live scrape, and every query of a dashboard returns data', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-live-'))
  const state = join(folder.path, 'state')
  const market = new Market(new AbortController().signal, state)
  const url = await market.up()
  const control = connectControl(socketPath(state, 'control'))
  const app = await appAt('examples/opinion-market')
  const { alerts, recordings } = allRules(app)
  try {
    const { metricsPort } = await control.call('status', {})
    generateInto(folder.path, app)
    await using prometheus = await startPrometheus(join(folder.path, 'monitoring/prometheus'), metricsPort!)
    const boards = boardsOf(app)
    let empty: readonly string[] = []
    await until(
      async () => {
        await visit(url)
        empty = await emptyQueries(prometheus.url, boards)
        return empty.length === 0
      },
      'data for every query',
      ANSWERS_WITHIN_MS,
    ).catch((error: unknown) => assert.deepEqual(empty, [], String(error)))

    const shown = new Set((await scrape(control)).samples.map(({ metric }) => metric))
    assert.deepEqual(
      [...metricsOfRules(alerts, recordings)].filter((metric) => !shown.has(metric) && !ABSENT_HERE.has(metric)),
      [],
      'metrics of rules that no scrape shows',
    )
    const nothing = panel('Nothing', 'short', [{ kind: 'selector', metric: 'nothing_total', matchers: [] }, ''])
    const invented: Board = { name: 'x', title: 'Invented', rows: [{ title: 'x', panels: [nothing] }] }
    assert.deepEqual(await emptyQueries(prometheus.url, [invented]), ['Invented: nothing_total'])
    const health = (await ask(prometheus.url, '/api/v1/rules')) as {
      groups: { rules: { name: string; health: string }[] }[]
    }
    const rules = health.groups.flatMap((group) => group.rules)
    assert.ok(rules.length > alerts.length, 'Prometheus has the rules')
    assert.deepEqual(
      rules.filter((rule) => rule.health === 'err'),
      [],
      'rules that Prometheus cannot evaluate',
    )
  } finally {
    control.close()
    await market.clear()
  }
})

/** As people use it, and as those do who should not: each is counted somewhere. */
async function visit(url: string): Promise<void> {
  const paths = ['/', '/api/markets', '/api/version', '/api/nothing', '/api/markets?id=1%27%20OR%20%271%27=%271']
  for (const path of paths) await (await fetch(`${url}${path}`)).arrayBuffer()
}

/** Queries that yield no series: a panel that nobody will ever see anything in. */
async function emptyQueries(url: string, boards: readonly Board[]): Promise<readonly string[]> {
  const all = boards.flatMap((board) => queriesOf(board.rows).map((query): [Board, Query] => [board, query]))
  const answers = await Promise.all(
    all.map(async ([board, { expression }]) => {
      const text = promql(expression)
      const { result } = (await ask(url, `/api/v1/query?query=${encodeURIComponent(text)}`)) as { result: unknown[] }
      return result.length === 0 ? [`${board.title}: ${text}`] : []
    }),
  )
  return answers.flat()
}

async function ask(url: string, path: string): Promise<unknown> {
  const response = await fetch(`${url}${path}`)
  const body = (await response.json()) as { status: string; data: unknown; error?: string }
  assert.equal(body.status, 'success', `${path}: ${body.error}`)
  return body.data
}

/** Debian's Prometheus with the generated files, but for the port of control and how often it asks. */
async function startPrometheus(
  folder: string,
  metricsPort: number,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const file = join(folder, 'prometheus.yml')
  const text = readFileSync(file, 'utf8')
    .replaceAll('10s', SCRAPE_EVERY)
    .replace('scrape_timeout: 5s', 'scrape_timeout: 2s')
    // Nobody is told.
    .replace(/^alerting:\n(?: .*\n)+/m, '')
    .replace(`127.0.0.1:${PORTS.control}`, `127.0.0.1:${metricsPort}`)
  assert.ok(text.includes(`127.0.0.1:${metricsPort}`))
  writeFileSync(file, text)
  const port = await freePort()
  const child = spawn(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const ended = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  await until(
    () =>
      fetch(`${url}/-/ready`)
        .then(({ ok }) => ok)
        .catch(() => false),
    'Prometheus to be ready',
  )
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
