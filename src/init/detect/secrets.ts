import { posix } from 'node:path'
import type { Finding } from '../finding.ts'
import { linesMatching, rootsOf, sourcesOf } from '../look.ts'
import type { ProjectFiles } from '../project-files.ts'

const EXAMPLE = /(?:^|\/)(?:\.env\.(?:example|sample|template|dist)|env\.example)$/
const SECRET =
  /(?:SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PRIVATE|CREDENTIAL|SALT|PEPPER|SIGNATURE|API_?KEY|ACCESS_?KEY|_KEY$|_DSN$|^DSN$|JWT)/i
/** A public half of a pair, and what a bundler puts into pages anyway. */
const PUBLIC = /PUBLIC|PUBLISHABLE|^VITE_|^NEXT_PUBLIC_|^REACT_APP_|_KEY_ID$|EXPIR|_TTL$/i
/** Addresses of servers hold their password as a rule. */
export const CONNECTION =
  /(?:DATABASE|DB|POSTGRES(?:QL)?|PG|MYSQL|MARIADB|MONGO(?:DB)?|REDIS|VALKEY|KAFKA|AMQP|RABBITMQ|BROKER|ELASTIC(?:SEARCH)?|SMTP|CELERY_BROKER)_(?:URL|URI|DSN)$/i

/** Whether a variable's name says that its value is not for everybody. */
export function looksSecret(name: string): boolean {
  return SECRET.test(name) && !PUBLIC.test(name)
}

/** Names, never values: from examples of environment files, and from what sources ask for. `.env` itself is not opened. */
export function detectSecrets(project: ProjectFiles): readonly Finding[] {
  const examples = project.paths.filter((path) => EXAMPLE.test(path))
  const declared = new Set(examples.flatMap((path) => namesIn(project.text(path) ?? '')))
  return [
    ...examples.flatMap((path) => fromExample(project, path)),
    ...rootsOf(project).flatMap((root) => fromSources(project, root, declared)),
  ]
}

function fromExample(project: ProjectFiles, path: string): readonly Finding[] {
  const folder = posix.dirname(path)
  const names = namesIn(project.text(path) ?? '')
  const secrets = names.filter((name) => looksSecret(name) || CONNECTION.test(name))
  const others = names.filter((name) => !secrets.includes(name) && !['PORT', 'HOST', 'NODE_ENV'].includes(name))
  const note = `${path} also names ${others.slice(0, NAMES_MAX).join(', ')}: put what production needs into env`
  return [
    ...secrets.map((name): Finding => ({ kind: 'setting', folder, key: 'secret', name, because: `${path} names it` })),
    ...(others.length === 0 ? [] : [{ kind: 'note' as const, text: note }]),
  ]
}

const NAMES_MAX = 20
const ASKS =
  /\b(?:process\.env\.|process\.env\[['"]|environ(?:\.get\(|\[)\s*['"]|getenv\(\s*['"]|Getenv\("|ENV(?:\.fetch\(|\[)\s*['"])([A-Za-z_]\w{0,99})/

/** Only told: a program may well do without what it asks for, and a secret without a value keeps it from starting. */
function fromSources(project: ProjectFiles, root: string, declared: ReadonlySet<string>): readonly Finding[] {
  const lines = linesMatching(project, sourcesOf(project, root), ASKS)
  const asked = lines.filter(
    ({ match }) => looksSecret(match[1]!) && !CONNECTION.test(match[1]!) && !declared.has(match[1]!),
  )
  const names = [...new Set(asked.map(({ match }) => match[1]!))].slice(0, NAMES_MAX)
  if (names.length === 0) return []
  return [
    {
      kind: 'note',
      text: `${asked[0]!.where} asks for ${names.join(', ')}: put what production needs of it into secrets`,
    },
  ]
}

function namesIn(text: string): readonly string[] {
  const names = text.split('\n').flatMap((line) => /^\s*(?:export\s+)?([A-Za-z_]\w{0,99})\s*=/.exec(line)?.[1] ?? [])
  return [...new Set(names)]
}
