import { posix } from 'node:path'
import type { ProjectFiles } from './project-files.ts'

/** A file that says: here begins a part of the project. */
const MANIFEST =
  /^(?:package\.json|pyproject\.toml|requirements\.txt|Pipfile|manage\.py|go\.mod|Gemfile|config\.ru|composer\.json|Dockerfile|Containerfile|index\.php|app\.py|main\.py)$/
/** A part lies no deeper than this: 'services/shop/api'. */
const ROOT_DEPTH_MAX = 4
/** Parts that are not the app's. */
const NOT_A_PART = new Set(['examples', 'example', 'docs', 'demo', 'scripts', 'dist', 'build', 'out', 'public'])

/** The folders in which something may run, from the top down: those that hold a manifest; '.' always. */
export function rootsOf(project: ProjectFiles): readonly string[] {
  const found = project.paths
    .filter((path) => MANIFEST.test(posix.basename(path)))
    .map((path) => posix.dirname(path))
    .filter((folder) => !folder.split('/').some((part) => NOT_A_PART.has(part)))
    .filter((folder) => folder === '.' || folder.split('/').length <= ROOT_DEPTH_MAX)
    .filter((folder, _, all) => !isPythonModuleOf(project, folder, all))
  return [...new Set(['.', ...found])].toSorted()
}

/** 'app/main.py' below a project's own manifest is a module of it and no part by itself. */
function isPythonModuleOf(project: ProjectFiles, folder: string, all: readonly string[]): boolean {
  const own = ['package.json', 'pyproject.toml', 'requirements.txt', 'Pipfile', 'manage.py', 'go.mod', 'Gemfile']
  const hasOwn = [...own, 'composer.json', 'Dockerfile', 'config.ru'].some((name) => has(project, folder, name))
  return folder !== '.' && !hasOwn && all.some((other) => other !== folder && isBelow(folder, other))
}

/** Whether `path` lies in `folder` or deeper. */
export function isBelow(path: string, folder: string): boolean {
  return folder === '.' || path === folder || path.startsWith(`${folder}/`)
}

export function at(folder: string, name: string): string {
  return posix.join(folder, name)
}

export function has(project: ProjectFiles, folder: string, name: string): boolean {
  return project.text(at(folder, name)) !== null
}

/** The first of these files that lies in the folder, or null. */
export function firstOf(project: ProjectFiles, folder: string, names: readonly string[]): string | null {
  return names.find((name) => has(project, folder, name)) ?? null
}

/** The files of a part, without those of the parts inside it. */
export function filesOf(project: ProjectFiles, root: string, pattern: RegExp): readonly string[] {
  const inner = rootsOf(project).filter((other) => other !== root && isBelow(other, root))
  return project.paths.filter(
    (path) => isBelow(path, root) && pattern.test(path) && !inner.some((other) => isBelow(path, other)),
  )
}

const SOURCE = /\.(?:[cm]?[jt]sx?|py|go|rb|ru|php|pl|lua|ex|exs|rs|java|kt|cs)$/
/** Tests talk to what they test, and what builds make repeats what is written elsewhere. */
const NOT_SOURCE =
  /(?:^|\/)(?:dist|build|out|migrations)\/|[._-](?:test|spec)\.|(?:^|\/)test_|\.d\.ts$|\.config\.[cm]?[jt]s$/
export const SOURCES_MAX = 2_000

/** The sources of a part, those nearest to its top first. */
export function sourcesOf(project: ProjectFiles, root: string): readonly string[] {
  return filesOf(project, root, SOURCE)
    .filter((path) => !NOT_SOURCE.test(path))
    .toSorted((a, b) => a.split('/').length - b.split('/').length)
    .slice(0, SOURCES_MAX)
}

export interface Line {
  readonly path: string
  readonly number: number
  readonly text: string
  readonly match: RegExpExecArray
  /** 'src/server.js:12' */
  readonly where: string
}

/** Longer lines are made by tools. */
const LINE_LENGTH_MAX = 500

/** Every line of these files that matches; comments are not read. */
export function linesMatching(project: ProjectFiles, paths: readonly string[], pattern: RegExp): readonly Line[] {
  return paths.flatMap((path) =>
    (project.text(path) ?? '').split('\n').flatMap((text, index) => {
      if (text.length > LINE_LENGTH_MAX || /^\s*(?:\/\/|#|\*|\/\*)/.test(text)) return []
      const match = pattern.exec(text)
      const number = index + 1
      return match === null ? [] : [{ path, number, text: text.trim(), match, where: `${path}:${number}` }]
    }),
  )
}

/** What a part is called: after its folder; where that is the whole project, after what it does. */
export function nameOf(folder: string, role: 'page' | 'server' | 'worker' = 'server'): string {
  return folder === '.' ? (role === 'worker' ? 'worker' : 'web') : posix.basename(folder)
}

/** A text as a regular expression that matches it alone. */
export function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
}
