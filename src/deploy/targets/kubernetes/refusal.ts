import type { Cause } from '../../target.ts'
import { short } from './causes.ts'
import { instanceIn, type Labels } from './names.ts'

/** A Deployment that gets no pods: there is nothing to look at, and the reason is its own. */
export interface Refusal {
  readonly service: string
  readonly release: string
  readonly cause: Cause
}

/** The fields that are read, named as the API names them. */
interface Deployment {
  readonly metadata: { readonly labels?: Labels }
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly message?: string
    }[]
  }
}

/**
 * Reads the output of `kubectl get deployments --output json`: which of ours the cluster gives no pods, and why.
 * @throws Error for what is no such output
 */
export function refusalsIn(output: string): readonly Refusal[] {
  const { items } = JSON.parse(output) as { readonly items: readonly Deployment[] }
  return items.flatMap(({ metadata, status }) => {
    const of = instanceIn(metadata.labels ?? {})
    const refused = status?.conditions?.find(({ type, status: is }) => type === 'ReplicaFailure' && is === 'True')
    if (of === null || refused === undefined) return []
    return [{ service: of.service, release: of.release, cause: causeOf(refused.message ?? '') }]
  })
}

function causeOf(message: string): Cause {
  const [name, cure] = nameOf(message)
  return {
    name,
    certainty: 'proven',
    text: `the cluster refuses its pods: ${short(message)}`,
    basis: "the Deployment's condition ReplicaFailure",
    cure,
  }
}

function nameOf(message: string): readonly [name: string, cure: string | null] {
  if (/exceeded quota|must specify/i.test(message))
    return ['quota', 'Ask for less in `resources`, run fewer instances, or have the quota of the namespace raised.']
  if (/violates PodSecurity/i.test(message))
    return [
      'pod-security',
      'What we write fits "restricted": look for what changes pods on their way (admission webhooks).',
    ]
  if (/serviceaccount .* not found|error looking up service account/i.test(message))
    return ['missing-object', 'Deploy again: it puts back what a release consists of.']
  if (/limitrange|(?:minimum|maximum) .* usage per/i.test(message))
    return ['limit-range', 'Bring `resources` within the limits of the namespace.']
  return ['refused', null]
}
