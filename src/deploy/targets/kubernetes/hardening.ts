import { USER_ID } from '../docker/dockerfile.ts'
import type { Labels } from './names.ts'

/** What every pod of ours has: it passes Pod Security "restricted", and no token of the cluster is in it. */
export const POD_HARDENING = {
  automountServiceAccountToken: false,
  // Else every Service of the namespace would put variables into it, which may be called as the program's own.
  enableServiceLinks: false,
} as const

/** @param isOurs an image of somebody else keeps its user, as long as that is not root */
export function podSecurity(isOurs: boolean): object {
  const user = isOurs ? { runAsUser: USER_ID, runAsGroup: USER_ID, fsGroup: USER_ID } : {}
  return { runAsNonRoot: true, ...user, seccompProfile: { type: 'RuntimeDefault' } }
}

export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const

/** Over zones and nodes as far as there are any: where there is one, it is still better to run there than not at all. */
export function spreadOver(selector: Labels): readonly object[] {
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selector },
  }))
}
