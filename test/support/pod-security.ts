/**
 * What of a pod Pod Security "restricted" would refuse, by the table of the Kubernetes documentation: clusters before 1.22
 * have nothing that checks it.
 */
export function restrictedViolations(spec: object): readonly string[] {
  const pod = spec as Pod
  const found: string[] = []
  const demand = (holds: boolean, what: string): void => void (holds || found.push(what))
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC'] as const) demand(!pod[key], key)
  for (const volume of pod.volumes ?? [])
    for (const kind of Object.keys(volume)) demand(VOLUMES.has(kind), `volume of kind ${kind}`)
  for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
    const own = container.securityContext ?? {}
    demand(own.privileged !== true, 'privileged')
    demand(own.allowPrivilegeEscalation === false, 'allowPrivilegeEscalation')
    demand(own.capabilities?.drop?.includes('ALL') === true, 'capabilities.drop')
    demand(
      (own.capabilities?.add ?? []).every((one) => one === 'NET_BIND_SERVICE'),
      'capabilities.add',
    )
    demand((own.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) === true, 'runAsNonRoot')
    demand((own.runAsUser ?? pod.securityContext?.runAsUser) !== 0, 'runAsUser')
    const profile = (own.seccompProfile ?? pod.securityContext?.seccompProfile)?.type
    demand(profile === 'RuntimeDefault' || profile === 'Localhost', 'seccompProfile')
    for (const port of container.ports ?? []) demand(port.hostPort === undefined, 'hostPort')
  }
  return found
}

const VOLUMES = new Set([
  'name',
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
])

interface Security {
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly seccompProfile?: { readonly type: string }
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] }
}

interface Container {
  readonly securityContext?: Security
  readonly ports?: readonly { readonly hostPort?: number }[]
}

interface Pod {
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly securityContext?: Security
  readonly volumes?: readonly object[]
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
}
