import type { Artefact, Family } from '../artefacts/family.ts'
import type { ResolvedApp } from '../config/resolved.ts'
import type { Explanation } from '../promises/explain.ts'

/**
 * What a file that `generate` writes comes from; null for what is none of them. The families are big, and their files take
 * seconds to make: only a name with an ending is looked for among them.
 */
export async function explainFile(file: string, app: ResolvedApp): Promise<Explanation | null> {
  if (!/\.[a-z]+$/.test(file)) return null
  const { FAMILIES } = await import('../artefacts/families.ts')
  for (const family of FAMILIES) {
    const found = explainArtefact(file, family.files(app), family)
    if (found !== null) return found
  }
  return null
}

/** `file` may name it from anywhere: 'ops/monitoring/prometheus/prometheus.yml'. */
export function explainArtefact(
  file: string,
  artefacts: readonly Artefact[],
  { name, figures }: Pick<Family, 'name' | 'figures'>,
): Explanation | null {
  const artefact = artefacts.find(({ path }) => file === path || file.endsWith(`/${path}`))
  if (artefact === undefined) return null
  const { path, because } = artefact
  return {
    what: path,
    value: `\`seaworthy generate ${name}\` writes it, and it is yours to change`,
    from: [...new Set(because.map(({ from }) => from))].join(', ') || 'every app',
    arithmetic: [
      ...because.map(({ what, from }) => `${what} from ${from}`),
      ...figures(artefact).map(({ key, value, why }) => `${key} ${value}: ${why ?? 'as it was written'}`),
    ],
  }
}
