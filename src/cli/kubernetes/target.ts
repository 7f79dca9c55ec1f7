import type { ControlClient } from '../../control/api/client.ts'
import { KubernetesTarget } from '../../deploy/targets/kubernetes/target.ts'
import type { Project } from '../project.ts'
import { rosterPort } from '../roster-port.ts'
import type { SecretValues } from '../secret-values.ts'
import { clusterPlace, imagesOf } from './place.ts'

/** Pods of the environment's namespace, under a lease. */
export function kubernetesTarget(
  project: Project,
  control: ControlClient,
  secrets: SecretValues | null,
  token: number,
): KubernetesTarget {
  return new KubernetesTarget({
    ...clusterPlace(project),
    images: imagesOf(project),
    roster: rosterPort(control, token),
    release: async (id) => (await control.call('release.get', { release: id })).release,
    secretsOf: (names) => secrets?.of(names) ?? {},
    connectionsOf: async (release, service) =>
      (await control.call('need.variables', { token, release, service })).variables,
  })
}
