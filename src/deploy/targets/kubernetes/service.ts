import type { Release } from '../../release.ts'
import { releaseLabels, releaseName, releaseSelector } from './names.ts'
import type { KubernetesObject } from './object.ts'
import { portOf } from './pod.ts'
import { PORT_NAME } from './probes.ts'

/**
 * The one name for a release's pods of a service, whichever they are by now: those that an autoscaler or a Deployment
 * started while no command ran, too, since nothing of ours in the cluster may ask its API.
 */
export function serviceOf(release: Release, service: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: releaseName(release, service), labels: releaseLabels(release, service) },
    spec: {
      type: 'ClusterIP',
      selector: releaseSelector(release, service),
      ports: [
        { name: PORT_NAME, port: portOf(release.config.services[service]!), targetPort: PORT_NAME, protocol: 'TCP' },
      ],
    },
  }
}
