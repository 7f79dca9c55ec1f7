import type { Finding, Guess } from '../finding.ts'
import { at, firstOf, has, isBelow, linesMatching, rootsOf, sourcesOf } from '../look.ts'
import { packageJson, workspaceOf } from '../package-json.ts'
import { packageManagerOf } from '../package-manager.ts'
import { pythonProject } from '../python-project.ts'
import { plainProgram } from '../shell.ts'
import type { ProjectFiles } from '../project-files.ts'

/** What brings the database's schema up to date before a release starts. */
export function detectMigrations(project: ProjectFiles): readonly Finding[] {
  return rootsOf(project).flatMap((folder): readonly Finding[] => {
    const found =
      ofNode(project, folder) ?? ofPython(project, folder) ?? ofRuby(project, folder) ?? ofLaravel(project, folder)
    return found === null ? [] : [{ kind: 'setting', folder, key: 'expand', guess: found }]
  })
}

const KNEX = ['knexfile.js', 'knexfile.ts', 'knexfile.mjs', 'knexfile.cjs']
const DRIZZLE = ['drizzle.config.ts', 'drizzle.config.js', 'drizzle.config.mjs']
const SCRIPTS = ['migrate:deploy', 'db:migrate', 'migrate', 'migration:run', 'migrations:run']

function ofNode(project: ProjectFiles, folder: string): Guess<string> | null {
  const own = packageJson(project, folder)
  if (own === null) return null
  const all = { ...own.dependencies, ...own.devDependencies }
  const outer = workspaceOf(project, folder)
  const member = outer === null ? null : outer.folder === '.' ? folder : folder.slice(outer.folder.length + 1)
  const manager = packageManagerOf(project, outer ?? own)
  const tool = (program: string, because: string): Guess<string> => ({
    value: member === null ? `node_modules/.bin/${program}` : manager.exec(program, member),
    because,
  })
  const prisma = firstOf(project, folder, ['prisma/schema.prisma', 'schema.prisma', 'prisma/schema/schema.prisma'])
  if (('prisma' in all || '@prisma/client' in all) && prisma !== null)
    return tool('prisma migrate deploy', at(folder, prisma))
  const knex = firstOf(project, folder, KNEX)
  if ('knex' in all && knex !== null) return tool('knex migrate:latest', at(folder, knex))
  const drizzle = firstOf(project, folder, DRIZZLE)
  if ('drizzle-kit' in all && drizzle !== null) return tool('drizzle-kit migrate', at(folder, drizzle))
  const script = SCRIPTS.find((name) => own.scripts[name] !== undefined)
  if (script === undefined) return null
  const because = `${at(folder, 'package.json')}: scripts.${script} is '${own.scripts[script]!}'`
  const program = plainProgram(own.scripts[script]!)
  const isPlain = member === null && program?.words[0] === 'node' && Object.keys(program.env).length === 0
  return { value: isPlain ? program.command : manager.run(script, member), because }
}

function ofPython(project: ProjectFiles, folder: string): Guess<string> | null {
  const { python } = pythonProject(project, folder)
  if (has(project, folder, 'alembic.ini')) {
    return { value: `${python} -m alembic upgrade head`, because: at(folder, 'alembic.ini') }
  }
  if (has(project, folder, 'manage.py')) {
    const settings = sourcesOf(project, folder).filter((path) => /settings(?:\/\w+)?\.py$/.test(path))
    const [databases] = linesMatching(project, settings, /^DATABASES\s*=(?!\s*\{\s*\})/)
    if (databases === undefined) return null
    return {
      value: `${python} manage.py migrate --noinput`,
      because: `${at(folder, 'manage.py')}; ${databases.where} names databases`,
    }
  }
  const hasFlaskMigrate = pythonProject(project, folder).packages.has('flask-migrate')
  const versions = project.paths.find((path) => isBelow(path, folder) && /(?:^|\/)migrations\/alembic\.ini$/.test(path))
  if (!hasFlaskMigrate || versions === undefined) return null
  return { value: `${python} -m flask db upgrade`, because: versions }
}

function ofRuby(project: ProjectFiles, folder: string): Guess<string> | null {
  const first = project.paths.find((path) => path.startsWith(at(folder, 'db/migrate/')))
  if (!has(project, folder, 'Gemfile') || first === undefined) return null
  return { value: 'bundle exec rails db:migrate', because: `${at(folder, 'db/migrate')}/` }
}

function ofLaravel(project: ProjectFiles, folder: string): Guess<string> | null {
  const first = project.paths.find((path) => path.startsWith(at(folder, 'database/migrations/')))
  if (!has(project, folder, 'artisan') || first === undefined) return null
  return { value: 'php artisan migrate --force', because: `${at(folder, 'database/migrations')}/` }
}
