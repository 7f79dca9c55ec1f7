import type { Plan } from './plan.ts'

/** The secrets that a plan gives new values to, where that is what it was made for. */
export function rotatedBy({ kind, changes }: Pick<Plan, 'kind' | 'changes'>): readonly string[] {
  if (kind !== 'rotate') return []
  return changes.filter(({ path }) => path.startsWith(SECRETS)).map(({ path }) => path.slice(SECRETS.length))
}

/** Where `changesBetween` has them. */
const SECRETS = 'secrets.'
