import type { ResolvedService } from '../../../config/resolved.ts'
import { listens } from '../instance-shape.ts'

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string }
  readonly tcpSocket?: { readonly port: string }
  readonly exec?: { readonly command: readonly string[] }
  readonly periodSeconds: number
  readonly timeoutSeconds: number
  readonly successThreshold: number
  readonly failureThreshold: number
}

export interface Probes {
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
}

type Action = Pick<Probe, 'httpGet' | 'tcpSocket' | 'exec'>

/** Of the container's only port. */
export const PORT_NAME = 'main'

/**
 * What a kubelet asks, of three kinds that differ: has it started within `deadline`, does it take requests, is it alive.
 *
 * A kubelet's own GET passes what is below 400 and knows nothing of a body. Where the config expects more, the check in a
 * generated image asks, the same that the gate asks; an image of somebody else has none, and there the gate alone is exact.
 * Liveness is asked only where the config names a path for it: anything else would restart what merely lacks a need.
 *
 * @param check the command of the check in the image; null where it is not ours
 */
export function probesOf(service: ResolvedService, check: readonly string[] | null): Probes {
  const { live, startup, intervalMs, timeoutMs, passes, failures, deadlineMs } = service.health
  const periodSeconds = seconds(intervalMs)
  const common = { periodSeconds, timeoutSeconds: seconds(timeoutMs), successThreshold: 1, failureThreshold: failures }
  const ready = readyAction(service, check)
  const started = startup === null ? ready : get(startup)
  return {
    ...(started === null
      ? {}
      : {
          startupProbe: {
            ...started,
            ...common,
            failureThreshold: Math.max(1, Math.ceil(deadlineMs / 1000 / periodSeconds)),
          },
        }),
    ...(ready === null ? {} : { readinessProbe: { ...ready, ...common, successThreshold: passes } }),
    ...(live === null || !listens(service) ? {} : { livenessProbe: { ...get(live), ...common } }),
  }
}

function readyAction(service: ResolvedService, check: readonly string[] | null): Action | null {
  const { ready, expect } = service.health
  const isPlain = expect.status === null && expect.body === null
  switch (ready.kind) {
    case 'http':
      return isPlain || check === null ? get(ready.path) : { exec: { command: check } }
    case 'default':
      return check === null ? { tcpSocket: { port: PORT_NAME } } : { exec: { command: check } }
    case 'command':
      return { exec: { command: ready.argv } }
    case 'alive':
      return null
  }
}

function get(path: string): Action {
  return { httpGet: { path, port: PORT_NAME } }
}

/** A kubelet counts whole seconds, one at least. */
export function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}
