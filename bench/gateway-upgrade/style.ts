import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyInstallation, type Installation } from '../../test/support/installation.ts'
import { plainConfig, TestProject, until } from '../../test/support/project.ts'
import { startCrowd, type CrowdCounts } from './crowd.ts'

/** The product, and the product with workers that retire by plain `server.close()`. */
export const STYLES = ['seaworthy', 'server.close'] as const
type Style = (typeof STYLES)[number]

export interface StyleOptions {
  readonly style: Style
  readonly upgrades: number
  /** Clients without a pause to speak of, and clients that are idle for up to 3 s between two requests. */
  readonly busy: number
  readonly quiet: number
  readonly workers: number
  /** Aborted when the bench's time is over. */
  readonly signal: AbortSignal
  readonly onProgress?: (text: string) => void
}

export interface StyleResult extends CrowdCounts {
  readonly style: Style
  readonly upgrades: number
  /** Until the new workers serve, milliseconds, upgrade by upgrade. */
  readonly tookMs: readonly number[]
  /** Until the old workers are gone, milliseconds. */
  readonly goneMs: readonly number[]
  /** What the gateway has counted, all generations of workers together. */
  readonly counted: number
  readonly seconds: number
}

/** Old workers without WebSockets are gone long before. */
const GONE_WITHIN_MS = 40_000

/** Upgrades the gateway again and again under load: the same harness for the product and for the wrong way. */
export async function runStyle(options: StyleOptions): Promise<StyleResult> {
  const { style, upgrades, busy, quiet, workers, signal, onProgress = () => {} } = options
  using installation = copyInstallation()
  if (style === 'server.close') retireNaively(installation)
  const project = new TestProject({
    ...plainConfig({ service: { scale: { min: 2 } } }),
    gateway: { listen: { http: 0 }, accessLog: false, workers },
  })
  await using _ = project
  project.program = installation.program
  await project.must(['up', '--detach'])
  const startedAt = Date.now()
  const tookMs: number[] = []
  const goneMs: number[] = []
  await using crowd = startCrowd({ port: await project.port(), busy, quiet })
  await until(() => crowd.counts.requests > busy + quiet, 'the clients to be at work')
  while (tookMs.length < upgrades && !signal.aborted) {
    const before = crowd.counts.requests
    const beganAt = Date.now()
    tookMs.push((await project.control.call('gateway.upgrade', { by: 'bench' })).tookMs)
    await until(
      async () => !(await project.status()).gateway.some(({ retiring }) => retiring),
      'old workers to go',
      GONE_WITHIN_MS,
    )
    goneMs.push(Date.now() - beganAt)
    await until(() => crowd.counts.requests > before + busy, 'the clients to go on')
    if (tookMs.length % 5 === 0) onProgress(`${style}: ${tookMs.length} of ${upgrades}, ${crowd.counts.failed} failed`)
  }
  const counts = await crowd.stop()
  const { cells } = await project.control.call('counters', {})
  const counted = cells.reduce((sum, { count }) => sum + count, 0)
  return {
    ...counts,
    style,
    upgrades: tookMs.length,
    tookMs,
    goneMs,
    counted,
    seconds: (Date.now() - startedAt) / 1000,
  }
}

/** The first import of a program is evaluated before the rest: what it changes, the rest finds changed. */
function retireNaively({ folder }: Installation): void {
  const gateway = join(folder, 'src/gateway')
  cpSync(join(import.meta.dirname, 'naive-close.ts'), join(gateway, 'naive-close.ts'))
  const worker = join(gateway, 'worker.ts')
  writeFileSync(worker, `import './naive-close.ts'\n${readFileSync(worker, 'utf8')}`)
}
