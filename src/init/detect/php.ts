import type { Finding, Guess, ServiceFinding, SettingFinding, TextKey } from '../finding.ts'
import { at, firstOf, has, nameOf, rootsOf } from '../look.ts'
import type { ProjectFiles } from '../project-files.ts'

/** PHP: Laravel, Symfony, or a folder with an index.php, by PHP's built-in server. */
export function detectPhp(project: ProjectFiles): readonly Finding[] {
  return rootsOf(project).flatMap((folder): readonly Finding[] => {
    const index = firstOf(project, folder, ['public/index.php', 'web/index.php', 'index.php'])
    const isLaravel = has(project, folder, 'artisan')
    if (index === null && !isLaravel) return []
    const packages = packagesOf(project, folder)
    const file = at(folder, isLaravel ? 'artisan' : index!)
    const place = index?.includes('/') ? ` -t ${index.split('/')[0]!}` : ''
    const keys: Partial<Record<TextKey, Guess<string>>> = {
      ...(folder === '.' ? {} : { path: { value: folder, because: file } }),
      ...(packages === null || packages.length === 0
        ? {}
        : {
            build: {
              value: 'composer install --no-dev --no-interaction --optimize-autoloader',
              because: at(folder, 'composer.json'),
            },
          }),
      start: isLaravel
        ? { value: 'php artisan serve --host=$HOST --port=$PORT', because: `${file}: Laravel` }
        : { value: `php -S $HOST:$PORT${place}`, because: `${file} is there` },
    }
    const note = `${file}: PHP's built-in server is not made for the public: behind the gateway it does for a start; for load run php-fpm with nginx (see docs/start.md, templates)`
    const service: ServiceFinding = { kind: 'service', folder, runtime: 'php', name: nameOf(folder), keys, note }
    const workers: SettingFinding = {
      kind: 'setting',
      folder,
      key: 'env',
      name: 'PHP_CLI_SERVER_WORKERS',
      guess: { value: '4', because: 'the built-in server answers one request at a time otherwise' },
    }
    const writable: SettingFinding[] = isLaravel
      ? [
          {
            kind: 'setting',
            folder,
            key: 'writable',
            guess: { value: ['storage', 'bootstrap/cache'], because: 'Laravel writes into these' },
          },
        ]
      : []
    return [service, workers, ...writable]
  })
}

/** What composer installs; null without a composer.json. */
function packagesOf(project: ProjectFiles, folder: string): readonly string[] | null {
  const text = project.text(at(folder, 'composer.json'))
  if (text === null) return null
  try {
    const { require = {} } = JSON.parse(text) as { require?: Record<string, unknown> }
    // A platform, such as php itself, is no package.
    return Object.keys(require).filter((name) => name.includes('/'))
  } catch {
    return null
  }
}
