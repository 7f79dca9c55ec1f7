import type { Finding, NeedFinding } from '../finding.ts'
import { at, has, linesMatching, rootsOf } from '../look.ts'
import { packageJson } from '../package-json.ts'
import { pythonProject } from '../python-project.ts'
import type { ProjectFiles } from '../project-files.ts'

type Kind = NeedFinding['need']

/** Packages that speak to a server, by what they are installed with. */
const NODE: Readonly<Record<string, Kind>> = {
  pg: 'postgres',
  postgres: 'postgres',
  'pg-promise': 'postgres',
  '@neondatabase/serverless': 'postgres',
  redis: 'redis',
  ioredis: 'redis',
  '@redis/client': 'redis',
  bullmq: 'redis',
  bull: 'redis',
  'connect-redis': 'redis',
  kafkajs: 'kafka',
  '@confluentinc/kafka-javascript': 'kafka',
}
const PYTHON: Readonly<Record<string, Kind>> = {
  psycopg: 'postgres',
  psycopg2: 'postgres',
  'psycopg2-binary': 'postgres',
  asyncpg: 'postgres',
  pg8000: 'postgres',
  redis: 'redis',
  rq: 'redis',
  'django-redis': 'redis',
  'confluent-kafka': 'kafka',
  aiokafka: 'kafka',
  'kafka-python': 'kafka',
}
const RUBY: Readonly<Record<string, Kind>> = {
  pg: 'postgres',
  redis: 'redis',
  sidekiq: 'redis',
  resque: 'redis',
  'ruby-kafka': 'kafka',
}
const GO: readonly (readonly [RegExp, Kind])[] = [
  [/github\.com\/lib\/pq|github\.com\/jackc\/pgx|gorm\.io\/driver\/postgres/, 'postgres'],
  [/github\.com\/(?:redis|go-redis)\/|github\.com\/redis\/go-redis|github\.com\/gomodule\/redigo/, 'redis'],
  [/segmentio\/kafka-go|IBM\/sarama|confluent-kafka-go|twmb\/franz-go/, 'kafka'],
]
/** Jobs in a queue must survive; what these keep in Redis is no cache. */
const QUEUES = ['bullmq', 'bull', 'rq', 'sidekiq', 'resque', 'celery', 'celery[redis]']
/** Servers that the vocabulary has no need for yet: their address is a secret like any other. */
const OTHERS = [
  'mysql2',
  'mysql',
  'mongodb',
  'mongoose',
  'amqplib',
  '@elastic/elasticsearch',
  'pymysql',
  'mysqlclient',
  'pymongo',
  'pika',
]

/** What services use, from the packages they declare. */
export function detectNeeds(project: ProjectFiles): readonly Finding[] {
  return rootsOf(project).flatMap((folder) => [
    ...fromNode(project, folder),
    ...fromPrisma(project, folder),
    ...fromPython(project, folder),
    ...fromGo(project, folder),
    ...fromRuby(project, folder),
  ])
}

function fromNode(project: ProjectFiles, folder: string): readonly Finding[] {
  const own = packageJson(project, folder)
  if (own === null) return []
  return fromNames(folder, Object.keys(own.dependencies), NODE, at(folder, 'package.json'))
}

function fromPrisma(project: ProjectFiles, folder: string): readonly Finding[] {
  const schemas = project.paths.filter(
    (path) => path.endsWith('.prisma') && path.startsWith(folder === '.' ? '' : `${folder}/`),
  )
  const kinds: Readonly<Record<string, Kind>> = { postgresql: 'postgres', postgres: 'postgres', sqlite: 'sqlite' }
  const [line] = linesMatching(project, schemas, /^\s*provider\s*=\s*"(postgresql|postgres|sqlite)"/)
  return line === undefined
    ? []
    : [{ kind: 'need', folder, need: kinds[line.match[1]!]!, because: `${line.where}: ${line.text}` }]
}

function fromPython(project: ProjectFiles, folder: string): readonly Finding[] {
  const { packages } = pythonProject(project, folder)
  const file = ['requirements.txt', 'pyproject.toml', 'Pipfile'].find((name) => has(project, folder, name))
  return file === undefined ? [] : fromNames(folder, [...packages], PYTHON, at(folder, file))
}

function fromRuby(project: ProjectFiles, folder: string): readonly Finding[] {
  const file = at(folder, 'Gemfile')
  const gems = linesMatching(project, [file], /^\s*gem\s+['"]([\w-]+)['"]/).map(({ match }) => match[1]!)
  return fromNames(folder, gems, RUBY, file)
}

function fromGo(project: ProjectFiles, folder: string): readonly Finding[] {
  const file = at(folder, 'go.mod')
  return GO.flatMap(([pattern, need]): readonly Finding[] => {
    const [line] = linesMatching(project, [file], pattern)
    return line === undefined ? [] : [{ kind: 'need', folder, need, because: `${line.where}: ${line.text}` }]
  })
}

function fromNames(
  folder: string,
  names: readonly string[],
  known: Readonly<Record<string, Kind>>,
  file: string,
): readonly Finding[] {
  const queue = names.find((name) => QUEUES.includes(name))
  const needs = names
    .filter((name) => Object.hasOwn(known, name))
    .map((name): Finding => {
      const need = known[name]!
      const role = need === 'redis' && queue !== undefined ? ('store' as const) : undefined
      const because = `${file} depends on ${name}${role === undefined || queue === name ? '' : ` and ${queue}`}`
      return { kind: 'need', folder, need, because, ...(role === undefined ? {} : { role }) }
    })
  const notes = names
    .filter((name) => OTHERS.includes(name))
    .map((name): Finding => ({
      kind: 'note',
      text: `${file} depends on ${name}: no kind of need is its server's; hand its address over as a secret`,
    }))
  return [...needs, ...notes]
}
