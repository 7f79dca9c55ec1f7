import type { ControlClient } from '../../control/api/client.ts'
import { KubernetesTarget } from '../../deploy/targets/kubernetes/target.ts'
import { ownImage } from '../../deploy/targets/image/own-image.ts'
import { putImage } from '../../deploy/targets/image/put-image.ts'
import { migrationPort } from '../migration-port.ts'
import { ownInstallation, ownTag } from '../own-installation.ts'
import type { Project } from '../project.ts'
import { gatewaysPort } from '../gateways-port.ts'
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
  const images = imagesOf(project)
  return new KubernetesTarget({
    ...clusterPlace(project),
    images,
    roster: rosterPort(control, token),
    gateways: gatewaysPort(control, token),
    release: async (id) => (await control.call('release.get', { release: id })).release,
    secretsOf: (names) => secrets?.of(names) ?? {},
    haveOwn: async () => void (await putImage(await ownImage(ownInstallation()), ownTag(), images.host, images.run)),
    migrations: migrationPort(control, token),
    connectionsOf: async (release, service) =>
      (await control.call('need.variables', { token, release, service })).variables,
  })
}
