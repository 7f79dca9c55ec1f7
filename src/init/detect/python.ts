import type { Finding, Guess, ServiceFinding, SettingFinding, TextKey } from '../finding.ts'
import { at, has, linesMatching, nameOf, rootsOf, sourcesOf } from '../look.ts'
import { applicationOf, importOf, pythonProject, type PythonProject } from '../python-project.ts'
import type { ProjectFiles } from '../project-files.ts'

/** Python: Django, FastAPI and Starlette, Flask, or a script that listens. */
export function detectPython(project: ProjectFiles): readonly Finding[] {
  return rootsOf(project).flatMap((folder): readonly Finding[] => {
    const python = pythonProject(project, folder)
    const served =
      django(project, folder, python) ??
      asgi(project, folder, python) ??
      flask(project, folder, python) ??
      script(project, folder, python)
    if (served === null) return []
    const { start, more, env = {} } = served
    const build = python.build(more)
    const keys: Partial<Record<TextKey, Guess<string>>> = {
      ...(folder === '.' ? {} : { path: { value: folder, because: start.because } }),
      ...(build === null ? {} : { build }),
      start,
    }
    const service: ServiceFinding = {
      kind: 'service',
      folder,
      runtime: 'python',
      name: nameOf(folder, served.isWorker === true ? 'worker' : 'server'),
      keys,
      ...(served.isWorker === true ? { role: 'worker' as const } : {}),
      ...(build === null && served.isFramework ? { note: `${start.because}, and ${NO_PACKAGES}` } : {}),
    }
    const settings = Object.entries(env).map(([name, value]): SettingFinding => ({
      kind: 'setting',
      folder,
      key: 'env',
      name,
      guess: { value, because: start.because },
    }))
    return [service, ...settings]
  })
}

const NO_PACKAGES =
  "no requirements.txt or pyproject.toml: the machine's own Python packages are used; declare them, so that a release brings its own"

interface Served {
  readonly start: Guess<string>
  /** Packages that serving needs and nobody declares. */
  readonly more: readonly string[]
  readonly isFramework: boolean
  readonly isWorker?: boolean
  readonly env?: Readonly<Record<string, string>>
}

/** Threads let a health check be answered while slow requests are under way. */
const GUNICORN = 'gunicorn --bind $HOST:$PORT --threads 8'

function django(project: ProjectFiles, folder: string, { packages, python }: PythonProject): Served | null {
  if (!has(project, folder, 'manage.py')) return null
  const file = at(folder, 'manage.py')
  const [settings] = linesMatching(project, [file], /DJANGO_SETTINGS_MODULE['"],\s*['"]([\w.]+)['"]/)
  if (settings === undefined) return null
  const named = settings.match[1]!.replace(/\.settings(?:\..*)?$/, '')
  const wsgi = [`${named.replaceAll('.', '/')}/wsgi.py`].find((path) => has(project, folder, path))
  const module = `${named}.wsgi`
  const because = `${settings.where} names ${settings.match[1]!}${wsgi === undefined ? '' : `, and ${at(folder, wsgi)} is there`}`
  return {
    start: { value: `${python} -m ${GUNICORN} ${module}`, because },
    more: packages.has('gunicorn') ? [] : ['gunicorn'],
    isFramework: true,
  }
}

function asgi(project: ProjectFiles, folder: string, { packages, python }: PythonProject): Served | null {
  for (const [name, constructor] of [
    ['fastapi', 'FastAPI'],
    ['starlette', 'Starlette'],
    ['litestar', 'Litestar'],
    ['quart', 'Quart'],
  ] as const) {
    const imported = importOf(project, folder, [name])
    if (!packages.has(name) && imported === null) continue
    const app = applicationOf(project, folder, constructor)
    if (app === null) continue
    const bringsServer = packages.has('uvicorn') || packages.has('fastapi[standard]') || packages.has('fastapi[all]')
    const from = app.from === null ? '' : ` --app-dir ${app.from}`
    const factory = app.name.endsWith('()') ? ' --factory' : ''
    return {
      start: {
        value: `${python} -m uvicorn ${app.name.replace('()', '')}${factory}${from} --host $HOST --port $PORT`,
        because: `${app.where} makes the ${constructor} application`,
      },
      more: bringsServer ? [] : ['uvicorn'],
      isFramework: true,
    }
  }
  return null
}

function flask(project: ProjectFiles, folder: string, { packages, python }: PythonProject): Served | null {
  if (!packages.has('flask') && importOf(project, folder, ['flask']) === null) return null
  const app = applicationOf(project, folder, 'Flask')
  if (app === null) return null
  const from = app.from === null ? '' : ` --pythonpath ${app.from}`
  const name = app.name.endsWith('()') ? `'${app.name}'` : app.name
  return {
    start: { value: `${python} -m ${GUNICORN}${from} ${name}`, because: `${app.where} makes the Flask application` },
    more: packages.has('gunicorn') ? [] : ['gunicorn'],
    isFramework: true,
  }
}

const ENTRIES = ['app.py', 'main.py', 'server.py', 'src/main.py', 'src/app.py']
const LISTENS =
  /serve_forever\(|HTTPServer\(|\.listen\(|run_app\(|uvicorn\.run\(|web\.run|socketserver|waitress\.serve|\bserve\(/
const WORKS = /while True:|\bschedule\.|asyncio\.run\(|__main__/

/** A program of its own: what it listens on is read elsewhere. */
function script(project: ProjectFiles, folder: string, { python }: PythonProject): Served | null {
  const sources = sourcesOf(project, folder)
  const entry = ENTRIES.find((name) => LISTENS.test(project.text(at(folder, name)) ?? ''))
  if (entry !== undefined) {
    return {
      start: { value: `${python} ${entry}`, because: `${at(folder, entry)} listens` },
      more: [],
      isFramework: false,
    }
  }
  const work = ['worker.py', 'main.py'].find((name) => WORKS.test(project.text(at(folder, name)) ?? ''))
  if (work === undefined || sources.some((path) => LISTENS.test(project.text(path) ?? ''))) return null
  const because = `${at(folder, work)} runs, and nothing in it listens`
  return { start: { value: `${python} ${work}`, because }, more: [], isFramework: false, isWorker: true }
}
