import type { Finding, Guess, ServiceFinding, SettingFinding, TextKey } from '../finding.ts'
import { at, has, linesMatching, nameOf, rootsOf } from '../look.ts'
import type { ProjectFiles } from '../project-files.ts'
import { inOrder } from '../shell.ts'

const INSTALL = [
  'bundle config set --local path vendor/bundle',
  "bundle config set --local without 'development test'",
  'bundle install',
]

/** Ruby: Rails, or anything with a config.ru, served by Puma. */
export function detectRuby(project: ProjectFiles): readonly Finding[] {
  return rootsOf(project)
    .filter((folder) => has(project, folder, 'config.ru'))
    .flatMap((folder): readonly Finding[] => {
      const gems = gemsOf(project, folder)
      const isRails = gems?.has('rails') ?? false
      const file = at(folder, 'config.ru')
      const setting = (name: string, value: string): SettingFinding => ({
        kind: 'setting',
        folder,
        key: 'env',
        name,
        guess: { value, because: `${at(folder, 'Gemfile')}: rails` },
      })
      const keys: Partial<Record<TextKey, Guess<string>>> = {
        ...(folder === '.' ? {} : { path: { value: folder, because: file } }),
        ...(gems === null ? {} : { build: buildOf(project, folder, isRails) }),
        start: startOf(folder, gems),
      }
      const service: ServiceFinding = { kind: 'service', folder, runtime: 'ruby', name: nameOf(folder), keys }
      if (!isRails) return [service]
      const writable: SettingFinding = {
        kind: 'setting',
        folder,
        key: 'writable',
        guess: { value: ['tmp', 'log', 'storage'], because: 'Rails writes into these' },
      }
      const master = has(project, folder, 'config/credentials.yml.enc')
      const secret: SettingFinding = {
        kind: 'setting',
        folder,
        key: 'secret',
        name: master ? 'RAILS_MASTER_KEY' : 'SECRET_KEY_BASE',
        because: master
          ? `${at(folder, 'config/credentials.yml.enc')} is encrypted with it`
          : 'Rails signs sessions with it',
      }
      return [service, setting('RAILS_ENV', 'production'), setting('RAILS_LOG_TO_STDOUT', '1'), writable, secret]
    })
}

function startOf(folder: string, gems: ReadonlySet<string> | null): Guess<string> {
  const file = at(folder, 'config.ru')
  const puma = 'puma -b tcp://$HOST:$PORT'
  if (gems === null) return { value: `${puma} config.ru`, because: `${file}; no Gemfile: the machine's own Puma` }
  if (gems.has('puma')) return { value: `bundle exec ${puma}`, because: `${at(folder, 'Gemfile')} names puma` }
  const server = ['falcon', 'unicorn', 'webrick', 'thin'].find((name) => gems.has(name))
  const with_ = server === undefined ? '' : ` -s ${server}`
  return {
    value: `bundle exec rackup${with_} -o $HOST -p $PORT config.ru`,
    because: `${file}; ${at(folder, 'Gemfile')} names no puma`,
  }
}

function buildOf(project: ProjectFiles, folder: string, isRails: boolean): Guess<string> {
  const because = at(folder, has(project, folder, 'Gemfile.lock') ? 'Gemfile.lock' : 'Gemfile')
  const assets =
    isRails && project.paths.some((path) => path.startsWith(`${folder === '.' ? '' : `${folder}/`}app/assets/`))
  const compile = 'env RAILS_ENV=production SECRET_KEY_BASE_DUMMY=1 bundle exec rails assets:precompile'
  return assets
    ? { value: inOrder([...INSTALL, compile]), because: `${because}; ${at(folder, 'app/assets')}/` }
    : { value: inOrder(INSTALL), because }
}

/** Null where there is no Gemfile. */
function gemsOf(project: ProjectFiles, folder: string): ReadonlySet<string> | null {
  if (!has(project, folder, 'Gemfile')) return null
  return new Set(
    linesMatching(project, [at(folder, 'Gemfile')], /^\s*gem\s+['"]([\w-]+)['"]/).map(({ match }) => match[1]!),
  )
}
