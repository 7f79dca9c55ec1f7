/** An object as the API server is given it. The namespace is the command's, so that what is rendered fits any. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    /** What it goes with. */
    readonly ownerReferences?: readonly object[]
  }
  readonly [field: string]: unknown
}

/** For `kubectl … -f -`, which reads JSON as it reads YAML. */
export function listOf(items: readonly KubernetesObject[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}
