import { posix } from 'node:path'
import { parse } from 'yaml'
import type { ComposeFinding, Finding, NeedFinding } from '../finding.ts'
import { escaped, firstOf, has } from '../look.ts'
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
    if (service['build'] !== undefined) return fromBuild({ project, file, name, service, because, services })
    const image = text(service['image'])
    if (image === null) return [{ kind: 'note', text: `${because} has neither build nor image: left out` }]
    return [fromImage(name, image, because)]
  })
}

/** 'registry:5000/postgres:17-alpine@sha256:…' → its repository and its tag. */
function partsOf(image: string): { readonly repository: string; readonly tag: string } {
  const [, repository = image, tag = ''] = /^([^@]*?)(?::([\w.-]+))?(?:@sha256:.*)?$/.exec(image) ?? []
  return { repository, tag }
}

function kindOf(image: string): NeedFinding['need'] | undefined {
  return IMAGES.find(([pattern]) => pattern.test(partsOf(image).repository))?.[1]
}

/** Proxies in front: that is the gateway's work. */
const FRONTS = /(?:^|\/)(?:nginx|traefik|caddy|haproxy|envoy|httpd)(?:-unprivileged)?$/
/** Their tags number something else than the server. */
const OWN_NUMBERS = /valkey|kafka|redpanda|timescale|postgis\/|pgvector/

function fromImage(name: string, image: string, because: string): Finding {
  const { repository, tag } = partsOf(image)
  const need = kindOf(image)
  if (need === undefined) {
    const reason = FRONTS.test(repository)
      ? 'the gateway does its work'
      : 'no kind of need; run it elsewhere and hand its address over as a secret'
    return { kind: 'note', text: `${because} is the image ${image}: left out, ${reason}` }
  }
  const major = /^v?(\d+)/.exec(tag)?.[1]
  const version = major === undefined || OWN_NUMBERS.test(repository) ? {} : { version: major }
  return { kind: 'need', folder: '.', need, name, ...version, because: `${because} is the image ${image}` }
}

interface Built {
  readonly project: ProjectFiles
  readonly file: string
  readonly name: string
  readonly service: Service
  readonly because: string
  /** All services: inside a compose network their names are hosts. */
  readonly services: Service
}

function fromBuild({ project, file, name, service, because, services }: Built): readonly Finding[] {
  const folder = folderOf(project, service['build'])
  if (folder === null) {
    return [{ kind: 'note', text: `${because} is built from outside this folder: left out` }]
  }
  const variables = environmentOf(service['environment'])
  const names = Object.keys(variables)
  const isNeed = (other: string): boolean => kindOf(text(record(services[other])['image']) ?? '') !== undefined
  const hostIn = (key: string): string | undefined =>
    Object.keys(services).find((other) => isAddress(variables[key]!, other))
  const addresses = names.filter((key) => isNeed(hostIn(key) ?? ''))
  const secrets = names.filter(
    (key) => !addresses.includes(key) && (looksSecret(key) || CONNECTION.test(key) || holdsPassword(variables[key]!)),
  )
  const hosts = names.filter((key) => !secrets.includes(key) && hostIn(key) !== undefined)
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
    uses: [
      ...namesOf(service['depends_on']),
      ...namesOf(service['links']).map((link) => link.split(':')[0]!),
      ...names.flatMap((key) => hostIn(key) ?? []),
    ],
    env: Object.fromEntries(env),
    secrets,
  }
  const files = namesOf(service['env_file']).map((each): Finding => ({
    kind: 'note',
    text: `${because} reads ${each}: put what production needs into env, and what nobody may see into secrets (${file} is not copied)`,
  }))
  const handed = (key: string): boolean =>
    /^(?:DATABASE|REDIS)_URL$/.test(key) || key === `${hostIn(key)!.toUpperCase().replaceAll('-', '_')}_URL`
  const left = hosts.filter((key) => !(addresses.includes(key) && handed(key)))
  const note = `${because}.environment: ${left.join(', ')} name hosts of the compose network: left out; read the address that the need is handed over in`
  return [found, ...files, ...(left.length === 0 ? [] : [{ kind: 'note' as const, text: note }])]
}

const OF_ITS_OWN = ['package.json', 'pyproject.toml', 'requirements.txt', 'go.mod', 'Gemfile', 'composer.json']

/** The folder that is built: where the Dockerfile lies, if that is a part of its own. Null outside the project. */
function folderOf(project: ProjectFiles, build: unknown): string | null {
  const context = text(build) ?? text(record(build)['context']) ?? '.'
  const folder = posix.normalize(context).replace(/\/$/, '')
  if (/^(?:\/|\.\.(?:\/|$)|\w+:\/\/|git@|\$)/.test(folder)) return null
  const inner = posix.dirname(posix.join(folder, text(record(build)['dockerfile']) ?? 'Dockerfile'))
  return OF_ITS_OWN.some((name) => has(project, inner, name)) ? inner : folder
}

function isAddress(value: string, host: string): boolean {
  return new RegExp(`^(?:[\\w+.-]+://)?(?:[^@/\\s]*@)?${escaped(host)}(?::\\d+)?(?:[/?].*)?$`).test(value)
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
