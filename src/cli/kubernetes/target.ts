import type { ControlClient } from '../../control/api/client.ts'
import { KubernetesTarget } from '../../deploy/targets/kubernetes/target.ts'
import { migrationPort } from '../migration-port.ts'
import { printable } from '../output.ts'
import type { Project } from '../project.ts'
import { gatewaysPort } from '../gateways-port.ts'
import { rosterPort } from '../roster-port.ts'
import type { SecretValues } from '../secret-values.ts'
import { haveOwn, imagesOf, registryOf } from '../hosted/images.ts'
import { clusterPlace } from './place.ts'

/** Pods of the environment's namespace, under a lease. */
export function kubernetesTarget(
  project: Project,
  control: ControlClient,
  secrets: SecretValues | null,
  token: number,
): KubernetesTarget {
  const images = imagesOf(project)
  return new KubernetesTarget({
    ...clusterPlace(project),
    images,
    roster: rosterPort(control, token),
    gateways: gatewaysPort(control, token),
    release: async (id) => (await control.call('release.get', { release: id })).release,
    secretsOf: (names) => secrets?.of(names) ?? {},
    haveOwn,
    registry: registryOf(project),
    migrations: migrationPort(control, token),
    // Beside whatever the command prints, which may be JSON.
    onNote: (text) => void process.stderr.write(`${printable(text)}\n`),
    connectionsOf: async (release, service) =>
      (await control.call('need.variables', { token, release, service })).variables,
  })
}
