import { limitOf } from '../../src/gateway/testing-guard.ts'
import { until } from '../../src/gateway/testing.ts'
import { LEASE_MAX } from '../../src/guard/limit/store.ts'
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
      slack: options.workers * LEASE_MAX,
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
    slack: options.workers * LEASE_MAX,
    break: () => redis.kill(),
    mend: () => redis.start(),
  })
}

interface Parts {
  readonly redis?: string
  /** Requests beyond the quota that a loss of memory may let through. @default 0 */
  readonly slack?: number
  readonly onStarted?: (gateway: Awaited<ReturnType<typeof startLimited>>) => void
  readonly break?: () => Promise<void>
  readonly mend?: () => Promise<void>
}

async function run({ workers, requests, quota }: QuotaOptions, what: string, parts: Parts): Promise<QuotaResult> {
  const { redis, slack = 0 } = parts
  const limits = [limitOf({ count: 1, burst: quota, perMs: 3_600_000 })]
  await using gateway = await startLimited({ workers, limits, ...(redis === undefined ? {} : { redis }) })
  parts.onStarted?.(gateway)
  if (redis !== undefined) await until(() => gateway.limits.isReachable, 10_000)
  const steps: Promise<void>[] = []
  const { byStatus, tookMs } = await storm({
    port: gateway.port,
    requests,
    connections: 8 * workers,
    onAnswer(answered) {
      // In the middle of the quota, and while requests still come.
      if (answered === Math.floor(quota / 2) && parts.break !== undefined) steps.push(parts.break())
      if (answered === Math.floor(quota * 0.8) && parts.mend !== undefined)
        steps.push(Promise.all(steps).then(() => parts.mend!()))
    },
  })
  await Promise.all(steps)
  return {
    what,
    passed: byStatus.get(200) ?? 0,
    refused: byStatus.get(429) ?? 0,
    least: quota - workers * LEASE_MAX,
    most: quota + slack,
    seconds: tookMs / 1_000,
  }
}
