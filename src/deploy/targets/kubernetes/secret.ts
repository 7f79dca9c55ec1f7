import { secretNames } from '../../need-variables.ts'
import type { Release } from '../../release.ts'
import { releaseLabels, releaseName } from './names.ts'
import type { KubernetesObject } from './object.ts'

/**
 * The secrets of a release's service and the addresses of its needs, for its pods to find as files: a changed value is a new
 * release with a Secret of its own. Null when it has none.
 * @param values of at least those that the service is given; others are left out
 */
export function secretOf(
  release: Release,
  service: string,
  values: Readonly<Record<string, string>>,
): KubernetesObject | null {
  const { services, needs } = release.config
  const secrets = secretNames(services[service]!, needs)
  if (secrets.length === 0) return null
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: releaseName(release, service), labels: releaseLabels(release, service) },
    type: 'Opaque',
    immutable: true,
    data: Object.fromEntries(secrets.map((name) => [name, Buffer.from(values[name]!).toString('base64')])),
  }
}
