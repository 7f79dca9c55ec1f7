import type { ResolvedApp } from '../config/resolved.ts'
import { hasInstances } from './wanted.ts'

export type Relation = 'required' | 'optional'

/** The needs that an app's programs use, each with the services that require it and those that can do without. */
export function usedNeeds({ services, needs, target }: ResolvedApp): Readonly<Record<string, NeedUse>> {
  const programs = Object.entries(services).filter(([, service]) => hasInstances(service, { target }))
  const uses = Object.keys(needs).map((need): [string, NeedUse] => {
    const by = (relation: Relation): readonly string[] =>
      programs.filter(([, { uses }]) => uses[need] === relation).map(([name]) => name)
    return [need, { requiredBy: by('required'), optionalFor: by('optional') }]
  })
  return Object.fromEntries(uses.filter(([, use]) => use.requiredBy.length + use.optionalFor.length > 0))
}

export interface NeedUse {
  readonly requiredBy: readonly string[]
  readonly optionalFor: readonly string[]
}
