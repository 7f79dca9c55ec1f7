import { Problem } from '../../../core/problem.ts'

/** What a cluster can do: in which version it takes an object, and fields that older servers refuse as unknown. */
export interface Cluster {
  readonly disruptionBudget: 'policy/v1' | 'policy/v1beta1'
  readonly autoscaler: 'autoscaling/v2' | 'autoscaling/v2beta2'
  /** Null: the definitions of the Gateway API are not installed. */
  readonly route: 'gateway.networking.k8s.io/v1' | 'gateway.networking.k8s.io/v1beta1' | null
  /** The kubelet itself can wait before SIGTERM: from 1.30 on. */
  readonly canSleep: boolean
  /** Pods that are not ready can be evicted whatever the budget says: from 1.27 on. */
  readonly evictsUnready: boolean
}

/** Ingress and server-side apply are in their final shape from here on. */
const MINOR_MIN = 20

/**
 * @param apiVersions the output of `kubectl api-versions`
 * @param version the output of `kubectl version --output json`
 * @throws Problem `cluster.too-old`
 */
export function clusterOf(apiVersions: string, version: string): Cluster {
  const served = new Set(apiVersions.split('\n').map((line) => line.trim()))
  const first = <Name extends string>(...names: readonly Name[]): Name | null =>
    names.find((name) => served.has(name)) ?? null
  const minor = minorOf(version)
  const disruptionBudget = first('policy/v1', 'policy/v1beta1')
  const autoscaler = first('autoscaling/v2', 'autoscaling/v2beta2')
  if (minor < MINOR_MIN) throw tooOld(`it is version 1.${minor}`)
  if (disruptionBudget === null) throw tooOld('it serves no policy/v1')
  if (autoscaler === null) throw tooOld('it serves no autoscaling/v2')
  return {
    disruptionBudget,
    autoscaler,
    route: first('gateway.networking.k8s.io/v1', 'gateway.networking.k8s.io/v1beta1'),
    canSleep: minor >= 30,
    // A field of policy/v1 alone.
    evictsUnready: minor >= 27 && disruptionBudget === 'policy/v1',
  }
}

/** Providers write '29+' and the like. */
function minorOf(version: string): number {
  const { serverVersion } = JSON.parse(version) as { readonly serverVersion?: { readonly minor: string } }
  // kubectl tells of itself alone where the server did not answer.
  if (serverVersion === undefined) throw new Error('the output of kubectl version has no server in it')
  return Number.parseInt(serverVersion.minor, 10)
}

function tooOld(why: string): Problem {
  return new Problem('cluster.too-old', `the cluster cannot run this: ${why}`, {
    hint: `Kubernetes 1.${MINOR_MIN} or newer is needed.`,
  })
}
