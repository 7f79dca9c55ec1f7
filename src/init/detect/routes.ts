import type { Finding } from '../finding.ts'
import { linesMatching, rootsOf, sourcesOf } from '../look.ts'
import type { ProjectFiles } from '../project-files.ts'

/** A route's path in the words of the common frameworks; the first segment is what a front door needs to know. */
const ROUTE =
  /(?:\.(?:get|post|put|patch|delete|all|use|route|register|handle|handlefunc|group|add_api_route|include_router)\(\s*(?:[\w.]+,\s*)?(?:prefix\s*[=:]\s*)?|\bpath\(|setGlobalPrefix\(|@Controller\(|prefix\s*[=:]\s*|(?:===?|case)\s*|startsWith\(|startswith\()['"`]\/?([a-z][\w-]*)(?:[/'"`]|$)/i
const HEALTH = /^(?:health\w*|livez|readyz|ping|up|metrics|admin)$/i
/** More first segments than this mean that it answers everything. */
const PREFIXES_MAX = 4

/** The first segments of the paths that each part answers: how several services share one front door. */
export function detectRoutes(project: ProjectFiles): readonly Finding[] {
  return rootsOf(project).flatMap((folder): readonly Finding[] => {
    const lines = linesMatching(project, sourcesOf(project, folder), ROUTE)
      .map((line) => ({ where: line.where, prefix: `/${line.match[1]!.toLowerCase()}` }))
      .filter(({ prefix }) => !HEALTH.test(prefix.slice(1)))
    const prefixes = [...new Set(lines.map(({ prefix }) => prefix))]
    if (prefixes.length === 0 || prefixes.length > PREFIXES_MAX) return []
    return [{ kind: 'setting', folder, key: 'routes', guess: { value: prefixes, because: lines[0]!.where } }]
  })
}
