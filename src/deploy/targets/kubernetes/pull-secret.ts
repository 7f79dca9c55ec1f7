import { loginOf, type Login } from '../image/registry-login.ts'
import { serverOf } from '../image/registry.ts'
import type { Place } from '../labels.ts'
import { mustRun, type RunOptions } from '../run-command.ts'
import { applyObjects, type Access } from './commands.ts'
import { objectName, placeLabels } from './names.ts'
import type { KubernetesObject } from './object.ts'

/** Of an environment, one for all of its pods: what it holds may have run out by the next deploy, which writes it anew. */
export function pullSecretName(place: Place): string {
  return objectName(place, 'registry')
}

/** With what kubelets fetch images from the environment's registry: what docker logs in to it with, and to no other. */
export function pullSecretOf(place: Place, { server, user, password }: Login): KubernetesObject {
  const auth = Buffer.from(`${user}:${password}`).toString('base64')
  const config = { auths: { [server]: { username: user, password, auth } } }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: pullSecretName(place), labels: placeLabels(place) },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify(config)).toString('base64') },
  }
}

/**
 * What a pod says of it: where there is none of that name, a kubelet fetches with what its node has. In the pod and not on its
 * ServiceAccount: there some clusters keep a list of their own.
 */
export function pullsWith(place: Place, pulls: boolean): object {
  return pulls ? { imagePullSecrets: [{ name: pullSecretName(place) }] } : {}
}

/**
 * Has it there as docker has it by now. Where docker has no user and password for the registry none is made, and one that is there
 * stays: who deploys may not read it.
 * @param registry what stands before names there
 * @throws Problem `target.tool-missing` `target.tool-failed`
 */
export async function havePullSecret(
  { access, place, run }: { readonly access: Access; readonly place: Place; readonly run: RunOptions },
  registry: string,
): Promise<void> {
  const login = await loginOf(serverOf(registry), run)
  if (login !== null) await mustRun(applyObjects(access, [pullSecretOf(place, login)]), run)
}
