import type { Instance } from '../../deploy/release.ts'
import type { Outside, State } from '../state.ts'

/** Instances as routing tables see them: without those that have yet to come in, or are about to go. */
export function inTable(state: State, instances: readonly Instance[]): readonly Instance[] {
  const outside = state.get('outside')
  return instances.filter(({ id }) => !Object.hasOwn(outside, id))
}

export function mark(state: State, ids: readonly string[], as: Outside[string] | null): void {
  const outside = { ...state.get('outside') }
  for (const id of ids) {
    if (as === null) delete outside[id]
    else outside[id] = as
  }
  state.set('outside', outside)
}

/** Forgets the marks of instances that are gone. */
export function forgetGone(state: State, instances: readonly Instance[]): void {
  const gone = Object.keys(state.get('outside')).filter((id) => !instances.some((one) => one.id === id))
  if (gone.length > 0) mark(state, gone, null)
}
