import { Problem } from '../core/problem.ts'
import { FAMILY_NAMES, type Family } from './family.ts'
import { monitoring } from './monitoring/family.ts'

/** Everything `generate` can write. */
export const FAMILIES: readonly Family[] = [monitoring]

/** The families of these names, in the order of FAMILIES; none named: all. @throws Problem `cli.usage` for an unknown name */
export function familiesNamed(names: readonly string[]): readonly Family[] {
  const known: readonly string[] = FAMILY_NAMES
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new Problem('cli.usage', `there is no family ${unknown.join(', ')}`, {
      hint: `There is: ${known.join(', ')}.`,
    })
  }
  return names.length === 0 ? FAMILIES : FAMILIES.filter(({ name }) => names.includes(name))
}
