import type { Release } from './release.ts'

/** One difference between two releases, by path. Secrets appear as fingerprints. */
export interface Change {
  readonly path: string
  readonly from: string | null
  readonly to: string | null
}

/** More differences than this are counted, not listed. */
export const CHANGES_MAX = 200

/** What differs between the live release and the next, sorted by path; empty when they behave alike. */
export function changesBetween(live: Release | null, next: Release): readonly Change[] {
  const before = live ? flatten(live) : new Map<string, string>()
  const after = flatten(next)
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  return paths
    .map((path) => ({ path, from: before.get(path) ?? null, to: after.get(path) ?? null }))
    .filter(({ from, to }) => from !== to)
    .slice(0, CHANGES_MAX)
}

function flatten({ artifacts, config, secrets, promoted }: Release): Map<string, string> {
  const leaves = new Map<string, string>()
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`)
    } else if (value !== null && value !== undefined) {
      leaves.set(path, typeof value === 'string' ? value : JSON.stringify(value))
    }
  }
  walk(config, '')
  walk(artifacts, 'files')
  walk(secrets, 'secrets')
  // The same files may have been built otherwise.
  walk(promoted?.made ?? {}, 'made')
  return leaves
}
