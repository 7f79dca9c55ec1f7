import { posix } from 'node:path'
import type { Finding } from '../finding.ts'
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

/** Names, never values, from examples of environment files. `.env` itself is not opened. */
export function detectSecrets(project: ProjectFiles): readonly Finding[] {
  return project.paths
    .filter((path) => EXAMPLE.test(path))
    .flatMap((path): readonly Finding[] => {
      const folder = posix.dirname(path)
      const names = namesIn(project.text(path) ?? '')
      const secrets = names.filter((name) => looksSecret(name) || CONNECTION.test(name))
      const others = names.filter((name) => !secrets.includes(name) && !['PORT', 'HOST', 'NODE_ENV'].includes(name))
      return [
        ...secrets.map((name): Finding => ({
          kind: 'setting',
          folder,
          key: 'secret',
          name,
          because: `${path} names it`,
        })),
        ...(others.length === 0
          ? []
          : [
              {
                kind: 'note' as const,
                text: `${path} also names ${others.slice(0, 20).join(', ')}: put what production needs into env`,
              },
            ]),
      ]
    })
}

function namesIn(text: string): readonly string[] {
  const names = text.split('\n').flatMap((line) => /^\s*(?:export\s+)?([A-Za-z_]\w{0,99})\s*=/.exec(line)?.[1] ?? [])
  return [...new Set(names)]
}
