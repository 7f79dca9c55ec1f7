import { checkConfig, resolveEnvironment } from '../../src/config/index.ts'
import type { Json } from '../../src/config/plain.ts'
import type { Release } from '../../src/deploy/release.ts'
import type { Cluster } from '../../src/deploy/targets/kubernetes/cluster.ts'

/** A cluster of today. */
export const CLUSTER: Cluster = {
  disruptionBudget: 'policy/v1',
  autoscaler: 'autoscaling/v2',
  route: 'gateway.networking.k8s.io/v1',
  canSleep: true,
  evictsUnready: true,
}

/** What 1.20 serves: it refuses every field that came later. */
export const OLD_CLUSTER: Cluster = {
  disruptionBudget: 'policy/v1beta1',
  autoscaler: 'autoscaling/v2beta2',
  route: null,
  canSleep: false,
  evictsUnready: false,
}

/** What an environment on Kubernetes is installed with, but for its place and its cluster. */
export const INSTALLATION = {
  image: 'seaworthy:1',
  key: Buffer.alloc(32),
  gateways: 2,
  workers: 2,
  http: 80,
  https: 443,
  reach: 'outside',
  url: 'https://example.com',
  stateBytes: 5 * 2 ** 30,
} as const

/** A release of an environment on Kubernetes, from a config as somebody would write it. */
export function kubernetesRelease(
  services: Readonly<Record<string, object>>,
  { id = '7-3fa9c1d2', name = 'shop', needs = {}, environment = {} }: KubernetesReleaseOptions = {},
): Release {
  const environments = { production: { target: 'kubernetes', context: 'prod', ...environment } }
  const app = { name, needs, services, environments }
  return {
    id,
    sequence: Number.parseInt(id, 10),
    digest: id.slice(id.indexOf('-') + 1),
    config: resolveEnvironment(checkConfig(app as Json, '/app/seaworthy.config.ts'), 'production'),
    artifacts: Object.fromEntries(Object.keys(services).map((service) => [service, 'a1b2c3d4e5f60718'])),
    secrets: {},
    migrationLevel: 0,
    createdAt: 0,
  }
}

interface KubernetesReleaseOptions {
  readonly id?: string
  readonly name?: string
  readonly needs?: Readonly<Record<string, object>>
  readonly environment?: Readonly<Record<string, unknown>>
}
