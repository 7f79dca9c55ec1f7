import { at, escaped, filesOf, firstOf, linesMatching, sourcesOf } from './look.ts'
import type { Guess } from './finding.ts'
import type { ProjectFiles } from './project-files.ts'
import { inOrder } from './shell.ts'

/** How a Python project's packages come, and with which interpreter it runs. */
export interface PythonProject {
  /** Names of packages in lower case with '-', as declared; empty where nothing is declared. */
  readonly packages: ReadonlySet<string>
  /** The interpreter, relative to the service's folder. */
  readonly python: string
  /** @param more packages that what serves it needs beside those declared */
  build(more: readonly string[]): Guess<string> | null
}

/**
 * What declares a Python project's packages. A virtual environment is made inside the release, and programs in it are run as
 * modules: their start scripts name the folder in which they were made, and a release moves once it is finished.
 */
export function pythonProject(project: ProjectFiles, folder: string): PythonProject {
  const requirements = firstOf(project, folder, [
    'requirements.txt',
    'requirements-prod.txt',
    'requirements/production.txt',
  ])
  const pyproject = firstOf(project, folder, ['pyproject.toml'])
  const pipfile = firstOf(project, folder, ['Pipfile'])
  const lock = firstOf(project, folder, ['uv.lock', 'poetry.lock', 'Pipfile.lock'])
  const texts = [requirements, pyproject, pipfile].map((name) =>
    name === null ? '' : (project.text(at(folder, name)) ?? ''),
  )
  const packages = new Set([...fromRequirements(texts[0]!), ...fromToml(texts[1]!), ...fromToml(texts[2]!)])
  const made = { packages, python: '.venv/bin/python' }
  const add = (more: readonly string[]): string[] =>
    more.length === 0 ? [] : [`.venv/bin/python -m pip install ${more.join(' ')}`]
  const because = (name: string, more: readonly string[]): string =>
    `${at(folder, name)}${more.length === 0 ? '' : `, which lacks ${more.join(' and ')}`}`

  if (pyproject !== null && lock === 'uv.lock') {
    const uv = (more: readonly string[]): string[] => (more.length === 0 ? [] : [`uv pip install ${more.join(' ')}`])
    const sync = 'uv sync --frozen --no-dev --no-install-project'
    return { ...made, build: (more) => ({ value: inOrder([sync, ...uv(more)]), because: because(lock, more) }) }
  }
  if (pyproject !== null && (lock === 'poetry.lock' || /^\[tool\.poetry/m.test(texts[1]!))) {
    const install = 'env POETRY_VIRTUALENVS_IN_PROJECT=true poetry install --only main --no-root --no-interaction'
    return {
      ...made,
      build: (more) => ({ value: inOrder([install, ...add(more)]), because: because(lock ?? pyproject, more) }),
    }
  }
  if (requirements !== null) {
    const steps = ['python3 -m venv .venv', `.venv/bin/python -m pip install -r ${requirements}`]
    return {
      ...made,
      build: (more) => ({ value: inOrder(pipWith(steps, more)), because: because(requirements, more) }),
    }
  }
  if (pipfile !== null) {
    const install = `env PIPENV_VENV_IN_PROJECT=1 pipenv ${lock === 'Pipfile.lock' ? 'sync' : 'install'}`
    return {
      ...made,
      build: (more) => ({ value: inOrder([install, ...add(more)]), because: because(lock ?? pipfile, more) }),
    }
  }
  if (pyproject !== null && packages.size > 0) {
    const steps = ['python3 -m venv .venv', '.venv/bin/python -m pip install .']
    return { ...made, build: (more) => ({ value: inOrder(pipWith(steps, more)), because: because(pyproject, more) }) }
  }
  return { packages, python: 'python3', build: () => null }
}

function pipWith(steps: readonly string[], more: readonly string[]): readonly string[] {
  return [...steps.slice(0, -1), [steps.at(-1)!, ...more].join(' ')]
}

/** 'Flask[async]>=3 ; python_version…' → 'flask'. */
function fromRequirements(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const name = /^\s*([A-Za-z0-9][\w.-]*)(\[[^\]]*\])?/.exec(line)
    if (name === null) return []
    const plain = normal(name[1]!)
    return name[2] === undefined ? [plain] : [plain, `${plain}${name[2]}`]
  })
}

/** Of pyproject.toml and Pipfile: quoted requirements in lists of dependencies, and keys of tables of dependencies. */
function fromToml(text: string): readonly string[] {
  const lists = [...text.matchAll(/^\s*dependencies\s*=\s*\[([^]*?)\]\s*$/gm)].map((match) => match[1]!)
  const quoted = lists.flatMap((list) =>
    [...list.matchAll(/["']([^"']+)["']/g)].flatMap((each) => fromRequirements(each[1]!)),
  )
  const tables = [...text.matchAll(/^\[(?:tool\.poetry\.dependencies|packages)\]\n([^]*?)(?=^\[|$(?![^]))/gm)]
  const keys = tables.flatMap((table) => [...table[1]!.matchAll(/^["']?([A-Za-z0-9][\w.-]*)["']?\s*=/gm)])
  return [...quoted, ...keys.map((key) => normal(key[1]!))]
}

function normal(name: string): string {
  return name.toLowerCase().replaceAll(/[._-]+/g, '-')
}

/** An object that a server can load: 'app.main:app', and where it is made. */
export interface Loadable {
  readonly name: string
  /** The folder its module is looked up in, where that is not the service's own. */
  readonly from: string | null
  readonly where: string
}

/** The application a framework's constructor is assigned to in the sources, at the top of a module; or what makes one. */
export function applicationOf(project: ProjectFiles, folder: string, constructor: string): Loadable | null {
  const sources = sourcesOf(project, folder).filter((path) => path.endsWith('.py'))
  const [assigned] = linesMatching(
    project,
    sources,
    new RegExp(`^(\\w+)\\s*(?::\\s*\\w+\\s*)?=\\s*(?:\\w+\\.)?${constructor}\\(`),
  )
  if (assigned !== undefined) return loadable(assigned.path, assigned.match[1]!, folder, assigned.where)
  // A function that makes one is of this framework where the framework's constructor is called at all.
  if (linesMatching(project, sources, new RegExp(`\\b${constructor}\\(`)).length === 0) return null
  const makers = linesMatching(project, sources, /^def (create_app|make_app)\(/)
  const called = linesMatching(project, sources, /^(\w+)\s*=\s*(?:create_app|make_app)\(/)[0]
  if (called !== undefined) return loadable(called.path, called.match[1]!, folder, called.where)
  const [maker] = makers
  return maker === undefined ? null : loadable(maker.path, `${maker.match[1]!}()`, folder, maker.where)
}

function loadable(path: string, object: string, folder: string, where: string): Loadable {
  const inside = folder === '.' ? path : path.slice(folder.length + 1)
  const from = inside.startsWith('src/') ? 'src' : null
  const module = inside
    .slice(from === null ? 0 : 4)
    .replace(/(?:\/__init__)?\.py$/, '')
    .replaceAll('/', '.')
  return { name: `${module}:${object}`, from, where }
}

/** Whether any source of the folder imports one of these modules; the place where, or null. */
export function importOf(project: ProjectFiles, folder: string, modules: readonly string[]): string | null {
  const names = modules.map((name) => escaped(name)).join('|')
  const sources = filesOf(project, folder, /\.py$/)
  return linesMatching(project, sources, new RegExp(`^\\s*(?:from|import)\\s+(?:${names})\\b`))[0]?.where ?? null
}
