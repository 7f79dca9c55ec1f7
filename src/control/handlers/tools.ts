import { Problem } from '../../core/problem.ts'
import type { Release } from '../../deploy/release.ts'
import type { Empty } from '../api/contract.ts'
import type { Instances } from '../instances.ts'
import type { Leases } from '../lease.ts'
import type { State } from '../state.ts'

/** Checks the lease's token before a method of a deploy does anything. */
export function fencedBy(leases: Leases) {
  return <I extends { token: number }, O>(handle: (input: I) => O): ((input: I) => O) => {
    return (input) => {
      leases.check(input.token)
      return handle(input)
    }
  }
}

/** How many are asked for: whole, not below nothing, and not above what one answer may hold. */
export function countOf(asked: number, most: number): number {
  return Math.min(Math.max(Math.trunc(asked), 0), most)
}

/** The answer of a method that has nothing to answer. */
export function done(result: unknown): Empty {
  void result
  return {}
}

/** @throws Problem `release.unknown` */
export function releaseOf(state: State, id: string): Release {
  const release = state.release(id)
  if (!release)
    throw new Problem('release.unknown', `there is no release ${id}`, { hint: 'See `seaworthy status --history`.' })
  return release
}

/** For what only control's own children are asked for. @throws Problem `instance.kept-elsewhere` */
export function mustAct({ acts }: Instances): void {
  if (acts) return
  throw new Problem('instance.kept-elsewhere', 'an engine or a cluster keeps the instances of this environment', {
    hint: 'The environment was brought up for another target than its config names: stop it, then `seaworthy up`.',
  })
}
