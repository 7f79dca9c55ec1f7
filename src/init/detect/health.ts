import type { Finding, TextKey } from '../finding.ts'
import { filesOf, linesMatching, rootsOf, sourcesOf, type Line } from '../look.ts'
import type { ProjectFiles } from '../project-files.ts'

/** A line that answers a path, in one of many frameworks' words; a line that only asks for one is none. */
const ANSWERS =
  /\b(?:get|route|all|use|handle|handlefunc|path|re_path|url|pathname|add_api_route|api_route|add_url_rule|match|map|any|request_uri|path_info|requesturi|controller)\b|===?|\bcase\b|\bin\b/i
const ASKS = /\bfetch\(|axios|requests\.|urlopen|http\.Get\(|curl|\bexpect\(|\.request\(/
const PATH =
  /['"`](?:(?:GET|HEAD) )?(\^?\/?(?:[\w.-]+\/){0,4}(?:health|healthz|healthcheck|health-check|livez|readyz|liveness|readiness|ready|live|alive|startup|startupz|up|ping|_health)(?:\/[\w-]+)?\/?)\$?['"`]/i

const KINDS: readonly (readonly [TextKey, RegExp])[] = [
  ['startup', /startupz?\/?$/i],
  ['live', /(?:livez|liveness|live|alive)\/?$/i],
  ['ready', /(?:readyz|readiness|ready)\/?$/i],
]
/** Says something about health, but not which kind: the next best to ready. */
const GENERAL = /(?:health|healthz|healthcheck|health-check|_health|up|ping)(?:\/[\w-]+)?\/?$/i

/** Routes that tell how a service is, read off its sources. */
export function detectHealth(project: ProjectFiles): readonly Finding[] {
  return rootsOf(project).flatMap((folder): readonly Finding[] => {
    const lines = linesMatching(project, sourcesOf(project, folder), PATH).filter(
      ({ text }) => ANSWERS.test(text) && !ASKS.test(text),
    )
    const prefix = prefixOf(project, folder)
    const paths: readonly Seen[] = [
      ...filesOf(project, folder, FILE_ROUTE).map(fileRoute),
      ...lines.map((line) => ({ path: pathOf(line, prefix), because: `${line.where}: ${line.text}` })),
    ]
    const found = new Map<TextKey, Seen>()
    for (const [key, pattern] of KINDS) {
      const hit = paths.find(({ path }) => pattern.test(path))
      if (hit !== undefined) found.set(key, hit)
    }
    const general = paths.find(({ path }) => GENERAL.test(path) && !KINDS.some(([, pattern]) => pattern.test(path)))
    if (general !== undefined)
      found.set(found.has('ready') && !found.has('live') ? 'live' : 'ready', found.get('ready') ?? general)
    if (general !== undefined && found.get('live') === found.get('ready')) found.set('live', general)
    return [...found].map(([key, { path, because }]) => ({
      kind: 'setting',
      folder,
      key,
      guess: { value: path, because },
    }))
  })
}

interface Seen {
  readonly path: string
  readonly because: string
}

/** Next answers a path because a file lies there. */
const FILE_ROUTE =
  /(?:^|\/)(?:app\/(.*health[\w-]*|.*ready|.*live)\/route|pages\/(api\/(?:.*health[\w-]*|.*ready|.*live)))\.[jt]sx?$/i

function fileRoute(path: string): Seen {
  const [, inApp, inPages] = FILE_ROUTE.exec(path)!
  return { path: `/${inApp ?? inPages!}`, because: `${path} answers it` }
}

/** Django and Rails write their paths without the first slash. */
function pathOf({ match }: Line, prefix: string): string {
  const plain = match[1]!.replace(/^\^/, '').replace(/^\/?/, '/')
  return `${prefix}${plain}`
}

/** Nest puts one before every route. */
function prefixOf(project: ProjectFiles, folder: string): string {
  const [line] = linesMatching(project, sourcesOf(project, folder), /setGlobalPrefix\(\s*['"`]\/?([\w/-]+)['"`]/)
  return line === undefined ? '' : `/${line.match[1]!}`
}
