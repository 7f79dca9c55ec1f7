import type { Place } from '../labels.ts'
import { objectName, placeLabels } from './names.ts'
import type { KubernetesObject } from './object.ts'

/** Whom the pods of an environment run as, towards the cluster: nobody. It has no rights, and no pod has its token. */
export function serviceAccountOf(place: Place): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: objectName(place), labels: placeLabels(place) },
    automountServiceAccountToken: false,
  }
}
