import { posix } from 'node:path'
import { parse } from 'yaml'
import type { ComposeFinding, Finding, NeedFinding } from '../finding.ts'
import { escaped, firstOf } from '../look.ts'
import type { ProjectFiles } from '../project-files.ts'
import { quoteIfNeeded } from '../shell.ts'
import { healthPathOf } from './docker.ts'
import { CONNECTION, looksSecret } from './secrets.ts'

const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'] as const
/** A document that unfolds to more than this is no description of an app. */
const ALIASES_MAX = 100

/** Servers by their image's name. */
const IMAGES: readonly (readonly [RegExp, NeedFinding['need']])[] = [
  [/(?:^|\/)(?:postgres|postgis|pgvector|timescaledb(?:-ha)?|postgresql)$/, 'postgres'],
  [/(?:^|\/)(?:redis|valkey|redis-stack(?:-server)?)$/, 'redis'],
  [/(?:^|\/)(?:kafka|cp-kafka|redpanda)$/, 'kafka'],
]

type Service = Readonly<Record<string, unknown>>

/** A compose file: which parts there are, what they use, and which servers stand beside them. */
export function detectCompose(project: ProjectFiles): readonly Finding[] {
  const file = firstOf(project, '.', NAMES)
  if (file === null) return []
  let parsed: unknown
  try {
    parsed = parse(project.text(file) ?? '', { maxAliasCount: ALIASES_MAX, merge: true })
  } catch (thrown) {
    return [{ kind: 'note', text: `${file} cannot be parsed: ${firstLine(thrown)}` }]
  }
  const services = record(record(parsed)['services'])
  return Object.entries(services).flatMap(([name, raw]): readonly Finding[] => {
    const service = record(raw)
    const because = `${file}: services.${name}`
    if (service['build'] !== undefined)
      return fromBuild({ file, name, service, because, others: Object.keys(services) })
    const image = text(service['image'])
    if (image === null) return [{ kind: 'note', text: `${because} has neither build nor image: left out` }]
    return [fromImage(name, image, because)]
  })
}

function fromImage(name: string, image: string, because: string): Finding {
  const [, repository = image, tag = ''] = /^([^@]*?)(?::([\w.-]+))?(?:@sha256:.*)?$/.exec(image) ?? []
  const need = IMAGES.find(([pattern]) => pattern.test(repository))?.[1]
  if (need === undefined) {
    return {
      kind: 'note',
      text: `${because} is the image ${image}: no kind of need, left out; run it elsewhere and hand its address over as a secret`,
    }
  }
  const version = /^v?(\d+(?:\.\d+)?)/.exec(tag)?.[1]
  // Of Postgres the first number is the release, of Redis' '7-alpine' and '7.2' as well.
  const major = version?.split('.')[0]
  return {
    kind: 'need',
    folder: '.',
    need,
    name,
    ...(major === undefined ||
    repository.includes('valkey') ||
    need === 'kafka' ||
    /timescale|postgis\/|pgvector/.test(repository)
      ? {}
      : { version: major }),
    because: `${because} is the image ${image}`,
  }
}

interface Built {
  /** Names of all services: inside a compose network they are hosts. */
  readonly others: readonly string[]
  readonly file: string
  readonly name: string
  readonly service: Service
  readonly because: string
}

function fromBuild({ file, name, service, because, others }: Built): readonly Finding[] {
  const build = service['build']
  const context = text(build) ?? text(record(build)['context']) ?? '.'
  const folder = posix.normalize(context).replace(/\/$/, '')
  if (/^(?:\/|\.\.(?:\/|$)|\w+:\/\/|git@|\$)/.test(folder)) {
    return [{ kind: 'note', text: `${because} is built from ${context}, which is outside this folder: left out` }]
  }
  const variables = environmentOf(service['environment'])
  const uses = namesOf(service['depends_on'])
  const secrets = Object.keys(variables).filter(
    (key) => looksSecret(key) || CONNECTION.test(key) || holdsPassword(variables[key]!),
  )
  const isHost = (value: string): boolean =>
    others.some((other) => new RegExp(`^(?:\\w+://)?${escaped(other)}(?::\\d+)?(?:/.*)?$`).test(value))
  const hosts = Object.keys(variables).filter((key) => !secrets.includes(key) && isHost(variables[key]!))
  const env = Object.entries(variables).filter(
    ([key, value]) => ![...secrets, ...hosts].includes(key) && value !== '' && !value.includes('${') && !OURS.has(key),
  )
  const port = portOf(service['ports']) ?? portOf(service['expose'])
  const found: ComposeFinding = {
    kind: 'compose',
    folder,
    name,
    because,
    command: commandOf(service['command'] ?? service['entrypoint']),
    isReached: port !== null,
    port,
    ready: healthPathOf(JSON.stringify(record(service['healthcheck'])['test'] ?? '')),
    uses,
    env: Object.fromEntries(env),
    secrets,
  }
  const files = namesOf(service['env_file']).map((each): Finding => ({
    kind: 'note',
    text: `${because} reads ${each}: put what production needs into env, and what nobody may see into secrets (${file} is not copied)`,
  }))
  const note = `${because}.environment: ${hosts.join(', ')} name hosts of the compose network: left out; read the address that the need is handed over in`
  return [found, ...files, ...(hosts.length === 0 ? [] : [{ kind: 'note' as const, text: note }])]
}

/** The supervisor gives these. */
const OURS = new Set(['PORT', 'HOST', 'NODE_ENV'])

function holdsPassword(value: string): boolean {
  return /:\/\/[^/\s]*:[^/\s]*@/.test(value)
}

/** '8000:80', '127.0.0.1:8000:80/tcp', { target: 80 }, 80: the port inside. */
function portOf(value: unknown): number | null {
  if (!Array.isArray(value) || value.length === 0) return null
  const [first] = value as unknown[]
  const written = JSON.stringify(typeof first === 'object' ? record(first)['target'] : first)?.replaceAll('"', '') ?? ''
  const port = Number(/(\d+)(?:\/\w+)?$/.exec(written)?.[1] ?? 0)
  return port > 0 && port <= 65_535 ? port : null
}

function commandOf(value: unknown): string | null {
  if (typeof value === 'string' && value.trim() !== '')
    return /[;&|<>$`]/.test(value) ? `sh -c ${quoteIfNeeded(value)}` : value.trim()
  if (!Array.isArray(value) || value.length === 0) return null
  return value.map((word) => quoteIfNeeded(String(word))).join(' ')
}

function environmentOf(value: unknown): Readonly<Record<string, string>> {
  const pairs = Array.isArray(value)
    ? value.map((each) => String(each).split(/=([^]*)/, 2) as [string, string?])
    : Object.entries(record(value)).map(([key, held]): [string, string] => [
        key,
        held === null || typeof held === 'object' ? '' : String(held as string | number | boolean),
      ])
  return Object.fromEntries(pairs.filter(([key]) => /^[A-Za-z_]\w*$/.test(key)).map(([key, held]) => [key, held ?? '']))
}

/** A list of names, or a map whose keys are names. */
function namesOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : Object.keys(record(value))
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function firstLine(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0]!
}
