import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seriesKey } from '../../src/core/series/labels.ts'
import type { Reading } from '../../src/core/series/series.ts'
import { until } from './project.ts'

export const hasPrometheus: boolean = ['prometheus', 'promtool'].every(
  (name) => spawnSync(name, ['--version']).status === 0,
)

export interface PrometheusServer extends AsyncDisposable {
  readonly url: string
}

/** A Prometheus of the machine's own, on loopback, that holds these readings and scrapes nothing. */
export async function startPrometheus(readings: readonly Reading[]): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-prometheus-'))
  const blocks = join(folder, 'blocks')
  mkdirSync(blocks)
  writeFileSync(join(folder, 'readings.om'), openMetrics(readings))
  const made = spawnSync(
    'promtool',
    ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'readings.om'), blocks],
    { encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(made.stderr)
  writeFileSync(join(folder, 'prometheus.yml'), 'scrape_configs: []\n')
  const port = await freePort()
  const args = [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${blocks}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  const child = spawn('prometheus', args, { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const url = `http://127.0.0.1:${port}`
  await until(async () => (await fetch(`${url}/-/ready`).catch(() => null))?.status === 200, 'Prometheus to be ready')
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Samples of one metric stand together in this format. */
function openMetrics(readings: readonly Reading[]): string {
  const lines = readings
    .toSorted((one, other) => (one.metric < other.metric ? -1 : one.metric > other.metric ? 1 : one.atMs - other.atMs))
    .map(({ metric, labels, value, atMs }) => `${seriesKey(metric, labels)} ${numberText(value!)} ${atMs / 1_000}\n`)
  return `${lines.join('')}# EOF\n`
}

function numberText(value: number): string {
  return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
