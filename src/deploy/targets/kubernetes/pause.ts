import { isRecreated } from '../../plan.ts'
import type { Release } from '../../release.ts'
import type { Runtime } from '../docker/base.ts'
import type { Cluster } from './cluster.ts'
import { seconds } from './probes.ts'

/**
 * Beyond the pause and the grace, until the kubelet ends a pod by force: the pause of an older cluster is a program that
 * starts first.
 */
const SLACK_S = 5

/**
 * The wait between "this pod goes" and SIGTERM. Both its removal from the Service and the end of the requests it still has
 * run meanwhile: programs that close at once on SIGTERM would cut them off.
 * @param runtime that of the image; null: nothing in it is known to be there, and only a newer cluster can wait by itself
 */
export function preStop(cluster: Cluster, runtime: Runtime | null, waitMs: number): object {
  const wait = seconds(waitMs)
  if (waitMs === 0) return {}
  if (cluster.canSleep) return { lifecycle: { preStop: { sleep: { seconds: wait } } } }
  if (runtime === null) return {}
  const command =
    runtime === 'node'
      ? ['node', '-e', `setTimeout(() => {}, ${wait * 1000})`]
      : ['python3', '-c', `import time; time.sleep(${wait})`]
  return { lifecycle: { preStop: { exec: { command } } } }
}

/** One that makes room for its next release has been drained before, and each second of it is downtime. */
export function pauseOf({ config }: Release, service: string): number {
  return isRecreated(config.services[service]!, config) ? 0 : config.drainMs
}

/** Seconds from the pause's beginning to SIGKILL. */
export function terminationGrace(waitMs: number, graceMs: number): number {
  return (waitMs === 0 ? 0 : seconds(waitMs)) + seconds(graceMs) + SLACK_S
}
