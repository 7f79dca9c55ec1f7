import { limitOf } from '../../src/gateway/testing-guard.ts'
import { until } from '../../src/gateway/testing.ts'
import { LEASE_MAX } from '../../src/guard/limit/store.ts'
import { command } from '../../test/support/servers.ts'
import { startLimited } from '../../test/support/limited-workers.ts'
import { startRedis } from '../../test/support/redis-server.ts'
import { storm } from '../../test/support/storm.ts'

export interface QuotaOptions {
  readonly workers: number
  readonly requests: number
  readonly quota: number
}

export interface QuotaResult {
  readonly what: string
  readonly passed: number
  readonly refused: number
  /** Times that a worker lost the store. */
  readonly lost: number
  /** The bounds that are promised. */
  readonly least: number
  readonly most: number
  readonly seconds: number
}

type Way = (options: QuotaOptions) => Promise<QuotaResult>

/** Ways to count, each with the promise that holds for it. Nothing comes back while one runs. */
export const WAYS: Readonly<Record<string, Way>> = {
  'control keeps the counts': (options) => run(options, 'control keeps the counts', {}),
  'Redis keeps the counts': async (options) => {
    await using redis = await startRedis({ keeps: false })
    return await run(options, 'Redis keeps the counts', { redis: redis.url })
  },
  'Redis, killed and started again, with a file': (options) =>
    killed(options, 'Redis, killed and started again, with a file', true),
  'Redis, killed and started again, without memory': (options) =>
    killed(options, 'Redis, killed and started again, without memory', false),
  'control, killed and started again': async (options) => {
    let gateway: Awaited<ReturnType<typeof startLimited>> | null = null
    return run(options, 'control, killed and started again', {
      onStarted: (started) => void (gateway = started),
      break: () => gateway!.controlLeaves(),
      mend: () => gateway!.controlComesBack(),
    })
  },
}

async function killed(options: QuotaOptions, what: string, keeps: boolean): Promise<QuotaResult> {
  await using redis = await startRedis({ keeps })
  return await run(options, what, {
    redis: redis.url,
    break: () => redis.kill(),
    mend: () => redis.start(),
  })
}

interface Parts {
  readonly redis?: string
  readonly onStarted?: (gateway: Awaited<ReturnType<typeof startLimited>>) => void
  readonly break?: () => Promise<void>
  readonly mend?: () => Promise<void>
}

async function run({ workers, requests, quota }: QuotaOptions, what: string, parts: Parts): Promise<QuotaResult> {
  const { redis } = parts
  const slack = workers * LEASE_MAX
  const connections = 8 * workers
  const limits = [limitOf({ count: 1, burst: quota, perMs: 3_600_000 })]
  await using gateway = await startLimited({ workers, limits, ...(redis === undefined ? {} : { redis }) })
  parts.onStarted?.(gateway)
  // All workers, and control beside them.
  if (redis !== undefined)
    await until(async () => (await command(redis, 'ZCARD', 'test:askers')) === workers + 1, 30_000)
  const steps: Promise<void>[] = []
  const { byStatus, tookMs } = await storm({
    port: gateway.port,
    requests,
    connections,
    onAnswer(answered) {
      // In the middle of the quota, and while requests still come.
      if (answered === Math.floor(quota / 2) && parts.break !== undefined) steps.push(parts.break())
      if (answered === Math.floor(quota * 0.8) && parts.mend !== undefined)
        steps.push(Promise.all(steps).then(() => parts.mend!()))
    },
  })
  await Promise.all(steps)
  const lost = gateway.events.filter(({ kind }) => kind === 'store-lost').length
  return {
    what,
    passed: byStatus.get(200) ?? 0,
    refused: byStatus.get(429) ?? 0,
    // Of a question without an answer nobody knows whether it was heard: it counts twice, and what was lent with it is gone.
    least: quota - slack - (lost > 0 ? slack + connections : 0),
    lost,
    // A worker that has had no answer in time has judged by its share of what it knew.
    most: quota + (lost > 0 ? slack : 0),
    seconds: tookMs / 1_000,
  }
}
