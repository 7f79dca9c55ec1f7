import type { Entry, Value } from './config-text.ts'
import { readsPort } from './detect/port.ts'
import { CONNECTION } from './detect/secrets.ts'
import type { Finding, Guess, SettingFinding, TextKey } from './finding.ts'
import { routesOf } from './front-door.ts'
import { escaped, linesMatching, sourcesOf } from './look.ts'
import { wantedNeeds, type Wanted } from './needs.ts'
import { packageJson } from './package-json.ts'
import type { ProjectFiles } from './project-files.ts'
import { choose, labelOf, type Part } from './services.ts'

/** A first config: its lines, and what a person has to know besides. Without services nothing was recognised. */
export interface Draft {
  readonly entries: readonly Entry[]
  readonly services: readonly string[]
  /** Names of secrets that have to have values before it runs. */
  readonly secrets: readonly string[]
  readonly notes: readonly string[]
}

const GATEWAY_PORT = 8080

/** What its people call it comes before the folder, which may be a checkout's. */
function nameOf(project: ProjectFiles): Entry {
  const declared = packageJson(project, '.')?.name?.replace(/^@[^/]*\//, '') ?? ''
  return declared === ''
    ? line('name', labelOf(project.name), [`the folder is called ${project.name}`])
    : line('name', labelOf(declared), [`package.json is of ${declared}`])
}

/** Makes one config of everything that was found. */
export function draftOf(project: ProjectFiles, findings: readonly Finding[]): Draft {
  const { parts, notes } = choose(findings)
  const needs = wantedNeeds(project, findings, parts)
  const routes = routesOf(parts, findings)
  const ports = portsOf(project, parts, findings)
  const secrets = new Set<string>()
  const services = parts.map((part): Entry => {
    const uses = needs.filter(({ users }) => users.has(part.name))
    const told =
      part.runtime === 'static' || part.keys.static !== undefined ? [] : settingsOf(project, part, parts, findings)
    const names = secretsOf(part, told, uses)
    for (const { name } of names) secrets.add(name)
    const value = [
      ...lines(part, ['path', 'build', 'start', 'static']),
      ...optional('port', ports.fixed.get(part.name), FIXED),
      ...optional('routes', routes.get(part.name)),
      ...healthOf(part, told),
      ...usesOf(part, uses),
      ...migrateOf(part, told),
      ...environmentOf(
        part,
        told,
        names.map(({ name }) => name),
      ),
      ...(names.length === 0
        ? []
        : [
            line(
              'secrets',
              names.map(({ name }) => name),
              [...new Set(names.map(({ because }) => because))],
            ),
          ]),
      ...writableOf(told),
    ]
    return line(part.name, value, part.compose === null ? [] : [part.compose.because])
  })
  const usesGatewayPort = [...ports.fixed.values()].some(({ value }) => value === GATEWAY_PORT)
  const kafka = needs.filter(({ kind }) => kind === 'kafka').map(({ variables }) => variables[0]!)
  return {
    services: parts.map(({ name }) => name),
    secrets: [...new Set([...secrets, ...kafka])],
    notes: [...notes, ...ports.notes, ...project.left],
    entries: [
      nameOf(project),
      ...(needs.length === 0
        ? []
        : [
            line(
              'needs',
              needs.map(({ name, value, because }) => line(name, value, because)),
            ),
          ]),
      line('services', services),
      ...(usesGatewayPort
        ? [
            line('gateway', [
              line('listen', [line('http', GATEWAY_PORT + 80, [`${GATEWAY_PORT} is a service's own port`])]),
            ]),
          ]
        : []),
      line('environments', [line('local', [line('target', 'process')])]),
    ],
  }
}

const FIXED =
  'it insists on its port: two releases cannot run side by side, so each deploy has a gap. Let it listen on $PORT and remove this line'

interface Ports {
  readonly fixed: ReadonlyMap<string, Guess<number>>
  readonly notes: readonly string[]
}

/** Ports that programs insist on; no two of them can have the same. */
function portsOf(project: ProjectFiles, parts: readonly Part[], findings: readonly Finding[]): Ports {
  const fixed = new Map<string, Guess<number>>()
  const notes: string[] = []
  for (const part of parts) {
    const { folder, role, keys, runtime, compose } = part
    if (
      role === 'worker' ||
      keys.start === undefined ||
      keys.start.value.includes('$PORT') ||
      readsPort(project, folder)
    )
      continue
    const seen = findings.find((each) => each.kind === 'setting' && each.key === 'port' && each.folder === folder)
    const composed =
      compose === null || compose.port === null || runtime !== 'docker'
        ? null
        : { value: compose.port, because: `${compose.because}.ports` }
    const guess = seen?.kind === 'setting' && seen.key === 'port' ? seen.guess : composed
    if (guess === null) continue
    const other = [...fixed].find(([, { value }]) => value === guess.value)
    if (other === undefined) fixed.set(part.name, guess)
    else
      notes.push(
        `${part.name} insists on port ${guess.value} (${guess.because}), which ${other[0]} has: let it listen on $PORT`,
      )
  }
  return { fixed, notes }
}

/** What was found in the part's own folder; of names in a folder above, those its sources mention. */
function settingsOf(
  project: ProjectFiles,
  part: Part,
  parts: readonly Part[],
  findings: readonly Finding[],
): readonly SettingFinding[] {
  const settings = findings.filter((finding) => finding.kind === 'setting')
  const hasOwner = (folder: string): boolean => parts.some((other) => other.folder === folder)
  return settings.filter((setting) => {
    if (setting.folder === part.folder) return true
    if (setting.key !== 'secret' || hasOwner(setting.folder)) return false
    const mention = new RegExp(`\\b${escaped(setting.name)}\\b`)
    const mentions = (other: Part): boolean =>
      linesMatching(project, sourcesOf(project, other.folder), mention).length > 0
    return mentions(part) || !parts.some((other) => mentions(other))
  })
}

function textSetting(told: readonly SettingFinding[], key: TextKey): Guess<string> | undefined {
  const found = told.find((setting) => setting.key === key)
  return found !== undefined && 'guess' in found ? (found.guess as Guess<string>) : undefined
}

function healthOf(part: Part, told: readonly SettingFinding[]): readonly Entry[] {
  if (part.role === 'worker' || part.keys.static !== undefined) return []
  const composed =
    part.compose === null || part.compose.ready === null
      ? undefined
      : { value: part.compose.ready, because: `${part.compose.because}.healthcheck` }
  const guesses = {
    ready: textSetting(told, 'ready') ?? composed,
    live: textSetting(told, 'live'),
    startup: textSetting(told, 'startup'),
  }
  const inner = Object.entries(guesses).flatMap(([key, guess]) => optional(key, guess))
  return inner.length === 0 ? [] : [line('health', inner)]
}

function usesOf(part: Part, uses: readonly Wanted[]): readonly Entry[] {
  if (uses.length === 0) return []
  return [
    line(
      'uses',
      uses.map(({ name, users }) => line(name, 'required', [users.get(part.name)!])),
    ),
  ]
}

/** Only one part of a folder migrates: the one that is reached. */
function migrateOf(part: Part, told: readonly SettingFinding[]): readonly Entry[] {
  const expand = textSetting(told, 'expand')
  if (expand === undefined || part.role === 'worker') return []
  return [line('migrate', optional('expand', expand))]
}

/** What a person has to replace is no value. */
const PLACEHOLDER =
  /change[ _-]?(?:me|this|it)|replace[ _-]?(?:me|this|with)|\b(?:your|my)[ _-]|<[^>]*>|^(?:x{4,}|\*{3,}|FIXME|TBD)$/i

function environmentOf(part: Part, told: readonly SettingFinding[], secrets: readonly string[]): readonly Entry[] {
  const env = new Map<string, Entry>()
  for (const setting of told) {
    if (setting.key === 'env') env.set(setting.name, line(setting.name, setting.guess.value, [setting.guess.because]))
  }
  for (const [name, value] of Object.entries(part.compose?.env ?? {})) {
    env.set(name, line(name, value, [`${part.compose!.because}.environment`]))
  }
  const kept = [...env.values()].filter(
    ({ key, value }) => !secrets.includes(key) && !PLACEHOLDER.test(value as string),
  )
  return kept.length === 0 ? [] : [line('env', kept)]
}

interface NamedSecret {
  readonly name: string
  readonly because: string
}

/** Names of secrets; addresses that the environment hands over itself are none of them. */
function secretsOf(part: Part, told: readonly SettingFinding[], uses: readonly Wanted[]): readonly NamedSecret[] {
  if (part.keys.static !== undefined) return []
  const handed = uses.filter(({ kind }) => kind !== 'kafka').flatMap(({ variables }) => variables)
  const own = told.flatMap((setting) =>
    setting.key === 'secret' ? [{ name: setting.name, because: setting.because }] : [],
  )
  const composed = (part.compose?.secrets ?? []).map((name) => ({
    name,
    because: `${part.compose!.because}.environment names it`,
  }))
  const kinds = new Set(uses.map(({ kind }) => kind))
  return [...own, ...composed].filter(
    ({ name }, index, all) =>
      !handed.includes(name) &&
      all.findIndex((other) => other.name === name) === index &&
      // The password of a server that the environment runs itself.
      !(kinds.has('postgres') && /^(?:POSTGRES|PG|DB)_?PASSWORD$/.test(name) && !CONNECTION.test(name)),
  )
}

function writableOf(told: readonly SettingFinding[]): readonly Entry[] {
  const found = told.flatMap((setting) => (setting.key === 'writable' ? [setting.guess] : []))
  const folders = [...new Set(found.flatMap(({ value }) => value))]
  return folders.length === 0 ? [] : [line('writable', folders, [...new Set(found.map(({ because }) => because))])]
}

function lines(part: Part, keys: readonly TextKey[]): readonly Entry[] {
  return keys.flatMap((key) => optional(key, part.keys[key]))
}

function optional(
  key: string,
  guess: Guess<string | number | readonly string[]> | undefined,
  more?: string,
): readonly Entry[] {
  if (guess === undefined) return []
  return [line(key, guess.value, [guess.because, ...(more === undefined ? [] : [more])])]
}

function line(key: string, value: Value, because: readonly string[] = []): Entry {
  return { key, value, because }
}
