import type { Call, Entry } from './config-text.ts'
import type { Finding, NeedFinding } from './finding.ts'
import { isBelow, linesMatching } from './look.ts'
import type { ProjectFiles } from './project-files.ts'
import { labelOf, type Part } from './services.ts'

/** A need that will be in the config, and who uses it. */
export interface Wanted {
  readonly name: string
  readonly kind: NeedFinding['need']
  readonly value: Call
  readonly because: readonly string[]
  /** Names of parts, each with the reason. */
  readonly users: ReadonlyMap<string, string>
  /** Environment variables in which the environment hands its address to them. */
  readonly variables: readonly string[]
}

const USUAL: Readonly<Record<NeedFinding['need'], string>> = {
  postgres: 'db',
  redis: 'cache',
  kafka: 'kafka',
  sqlite: 'db',
}
/** The variable that holds the address of the only need of its kind. */
const CONVENTIONAL: Readonly<Record<NeedFinding['need'], string | null>> = {
  postgres: 'DATABASE_URL',
  sqlite: 'DATABASE_URL',
  redis: 'REDIS_URL',
  kafka: null,
}

/** One need for each server: those a compose file names, and one of each other kind that packages speak to. */
export function wantedNeeds(
  project: ProjectFiles,
  findings: readonly Finding[],
  parts: readonly Part[],
): readonly Wanted[] {
  const all = findings.filter((finding) => finding.kind === 'need')
  const programs = parts.filter(({ runtime, keys }) => runtime !== 'static' && keys.static === undefined)
  const named = all.filter(({ name }) => name !== undefined)
  const groups = [
    ...named.map((finding) => ({
      name: labelOf(finding.name!),
      findings: [finding, ...all.filter((other) => other.name === undefined && other.need === finding.need)],
    })),
    ...[...new Set(all.map(({ need }) => need))]
      .filter((kind) => !named.some(({ need }) => need === kind))
      .map((kind) => ({ name: usualName(project, kind, all), findings: all.filter(({ need }) => need === kind) })),
  ]
  const taken = new Set<string>()
  return groups.flatMap(({ name, findings: found }): readonly Wanted[] => {
    const kind = found[0]!.need
    const users = usersOf(
      found,
      programs,
      all.filter((other) => other.name !== undefined && other.need === kind).length > 1,
    )
    if (users.size === 0) return []
    const own = taken.has(name) ? kind : name === 'operate' ? 'operations' : name
    taken.add(own)
    const role = found.find((each) => each.role !== undefined)?.role
    const version = found.find((each) => each.version !== undefined)?.version
    const variable = `${own.toUpperCase().replaceAll('-', '_')}_URL`
    const conventional = CONVENTIONAL[kind]
    const isOnly = groups.filter((other) => CONVENTIONAL[other.findings[0]!.need] === conventional).length === 1
    const options: Entry[] = [
      ...(version === undefined ? [] : [entry('version', version)]),
      ...(role === undefined ? [] : [entry('role', role)]),
      ...(kind === 'kafka' ? [entry('url', variable)] : []),
    ]
    const variables = [
      variable,
      ...(conventional !== null && isOnly && conventional !== variable ? [conventional] : []),
    ]
    const handed =
      kind === 'kafka'
        ? `its address is the secret ${variable}`
        : `its address is handed over as ${variables.join(' and ')}`
    return [
      {
        name: own,
        kind,
        users,
        variables,
        value: { call: kind, options },
        because: [[...new Set(found.map(({ because }) => because))].slice(0, 3).join('; '), handed],
      },
    ]
  })
}

/** Its name makes the variable that holds its address: after the one the sources read, where that is not a conventional one. */
function usualName(project: ProjectFiles, kind: NeedFinding['need'], all: readonly NeedFinding[]): string {
  if (kind === 'redis' && all.some((each) => each.need === kind && each.role === 'store')) return 'jobs'
  if (kind !== 'postgres' || isMentioned(project, /\b(?:DATABASE|DB)_URL\b/)) return USUAL[kind]
  return (
    ['postgres', 'postgresql', 'pg'].find((name) => isMentioned(project, new RegExp(`\\b${name}_URL\\b`, 'i'))) ??
    USUAL[kind]
  )
}

function isMentioned(project: ProjectFiles, pattern: RegExp): boolean {
  return linesMatching(project, project.paths, pattern).length > 0
}

/** Those that declare its client, or depend on it in a compose file; those of the whole project where a library declares it. */
function usersOf(
  found: readonly NeedFinding[],
  programs: readonly Part[],
  areSeveral: boolean,
): ReadonlyMap<string, string> {
  const users = new Map<string, string>()
  for (const { name, folder, because } of found) {
    for (const part of programs) {
      const isNamed = name !== undefined && part.compose?.uses.includes(name) === true
      // Of several servers of one kind, only the compose file tells which one is meant.
      const isDeclared = name === undefined && !areSeveral && part.folder === folder
      if (isNamed || isDeclared) users.set(part.name, isNamed ? `${part.compose.because}.depends_on` : because)
    }
  }
  if (users.size > 0 || areSeveral) return users
  for (const { name, folder, because } of found) {
    // A library of a workspace, or a compose file without depends_on: everything that runs beside it may use it.
    const near = programs.filter((part) => name !== undefined || folder !== '.' || isBelow(part.folder, folder))
    for (const part of near) users.set(part.name, because)
  }
  return users
}

function entry(key: string, value: string): Entry {
  return { key, value, because: [] }
}
