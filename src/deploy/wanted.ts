import type { ResolvedApp, ResolvedService } from '../config/resolved.ts'
import { isAutoscaled } from './targets/kubernetes/autoscaler.ts'

/** Instances wanted of services whose number a person or a measure has changed. */
export type Scaled = Readonly<Record<string, number>>

/** An autoscaler of the cluster says how many there are: nobody else may then. */
export function isCountedByCluster(
  name: string,
  { services, target }: Pick<ResolvedApp, 'services' | 'target'>,
): boolean {
  return target === 'kubernetes' && isAutoscaled(services[name]!)
}

/**
 * How many instances of a service a release runs: what it was scaled to, within its own bounds; `scale.min` otherwise. On a
 * machine only one can have a port.
 */
export function wantedInstances(
  name: string,
  config: Pick<ResolvedApp, 'services' | 'target'>,
  scaled: Scaled,
): number {
  const { services, target } = config
  const { port, scale, instances } = services[name]!
  // What was set before it had one means nothing beside it.
  if (isCountedByCluster(name, config)) return instances
  if (target === 'process' && port !== null) return instances
  const asked = Object.hasOwn(scaled, name) ? scaled[name]! : instances
  return Math.min(scale.max, Math.max(scale.min, asked))
}

/**
 * Whether instances of a service run. On `process` the gateway serves files itself and nobody runs images; elsewhere each of
 * them is a container or a pod.
 */
export function hasInstances({ run }: Pick<ResolvedService, 'run'>, { target }: Pick<ResolvedApp, 'target'>): boolean {
  return run.kind === 'program' || target !== 'process'
}
