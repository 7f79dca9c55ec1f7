import { Problem } from '../../../../core/problem.ts'

/** On a Deployment: who puts it in place, where it is not a command of ours. */
export const APPLIED_BY = 'seaworthy.applied-by'
export const OTHERS = 'others'

/** The fields that are read, named as the API names them. */
interface Deployment {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> }
}

/**
 * Refuses to work where others apply what `deploy --render` has written: they would put back what is taken away here, and the
 * environment has one master or none.
 * @param output of `kubectl get deployments --output json`, of one environment
 * @throws Problem `render.applied-by-others`
 */
export function mustApplyHere(output: string): void {
  const { items } = JSON.parse(output) as { readonly items: readonly Deployment[] }
  const theirs = items.filter(({ metadata }) => metadata.annotations?.[APPLIED_BY] === OTHERS)
  if (theirs.length === 0) return
  throw new Problem(
    'render.applied-by-others',
    'others apply this environment, from what `deploy --render` has written',
    {
      hint: 'Render again and commit that. To deploy from here, first take it out of Argo CD or Flux together with its objects.',
      details: theirs.map(({ metadata }) => `Deployment ${metadata.name}`),
    },
  )
}
