import type { Place } from '../labels.ts'
import { objectName, placeLabels } from './names.ts'
import type { KubernetesObject } from './object.ts'

interface Rule {
  readonly apiGroups: readonly [string]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

/**
 * What a deploy asks of the cluster, and nothing beside it: no wildcard, nothing outside the namespace, no role that it
 * could widen.
 */
export const RULES: readonly Rule[] = [
  rule('', ['configmaps', 'services', 'serviceaccounts'], ['create', 'delete', 'get', 'list', 'patch']),
  // Written and taken away by name, never read: who deploys need not know what they hold.
  rule('', ['secrets'], ['create', 'delete', 'patch']),
  rule('', ['pods'], ['get', 'list', 'watch']),
  rule('', ['pods/log'], ['get']),
  // The bridge to control, and `seaworthy exec`: a POST, or, by web socket, a GET.
  rule('', ['pods/exec'], ['create', 'get']),
  rule('', ['events'], ['list']),
  rule('', ['persistentvolumeclaims'], ['get', 'list']),
  rule('apps', ['deployments', 'statefulsets'], ['create', 'delete', 'get', 'list', 'patch']),
  rule('autoscaling', ['horizontalpodautoscalers'], ['create', 'delete', 'get', 'list', 'patch']),
  rule('batch', ['jobs'], ['create', 'delete', 'get', 'list', 'patch']),
  rule('networking.k8s.io', ['networkpolicies', 'ingresses'], ['create', 'delete', 'get', 'list', 'patch']),
  rule('gateway.networking.k8s.io', ['httproutes'], ['create', 'delete', 'get', 'list', 'patch']),
  rule('policy', ['poddisruptionbudgets'], ['create', 'delete', 'get', 'list', 'patch']),
]

/** For an administrator of the namespace to apply: whoever deploys may do this much, and cannot give it to himself. */
export function roleOf(place: Place): KubernetesObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: objectName(place, 'deploy'), labels: placeLabels(place) },
    rules: RULES,
  }
}

export interface Subject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount'
  readonly name: string
  /** Of a ServiceAccount. */
  readonly namespace?: string
}

export function roleBindingOf(place: Place, { kind, name, namespace }: Subject): KubernetesObject {
  const who =
    kind === 'ServiceAccount' ? { kind, name, namespace } : { kind, name, apiGroup: 'rbac.authorization.k8s.io' }
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: objectName(place, 'deploy'), labels: placeLabels(place) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: objectName(place, 'deploy') },
    subjects: [who],
  }
}

function rule(group: string, resources: Rule['resources'], verbs: Rule['verbs']): Rule {
  return { apiGroups: [group], resources, verbs }
}
