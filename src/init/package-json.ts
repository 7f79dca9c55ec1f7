import { posix } from 'node:path'
import { parse } from 'yaml'
import { at, escaped, has, isBelow } from './look.ts'
import type { ProjectFiles } from './project-files.ts'

/** The part of a package.json that matters here; everything may be missing. */
export interface PackageJson {
  readonly folder: string
  readonly name: string | null
  readonly main: string | null
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly workspaces: readonly string[]
  readonly packageManager: string | null
}

/** Null where there is none, or it cannot be parsed. */
export function packageJson(project: ProjectFiles, folder: string): PackageJson | null {
  const text = project.text(at(folder, 'package.json'))
  if (text === null) return null
  try {
    const raw = JSON.parse(text) as Record<string, unknown> | null
    if (typeof raw !== 'object' || raw === null) return null
    const { workspaces } = raw
    const inside = Array.isArray(workspaces) ? workspaces : (workspaces as { packages?: unknown } | undefined)?.packages
    return {
      folder,
      name: textOr(raw['name']),
      main: textOr(raw['main']),
      scripts: texts(raw['scripts']),
      dependencies: texts(raw['dependencies']),
      devDependencies: texts(raw['devDependencies']),
      workspaces: [...list(inside), ...pnpmWorkspaces(project, folder)],
      packageManager: textOr(raw['packageManager']),
    }
  } catch {
    return null
  }
}

/** The package whose workspace a folder is part of, or null. */
export function workspaceOf(project: ProjectFiles, folder: string): PackageJson | null {
  for (let inner = folder; inner !== '.'; inner = posix.dirname(inner)) {
    const found = packageJson(project, posix.dirname(inner))
    if (found !== null && isMember(folder, found)) return found
  }
  return null
}

function isMember(folder: string, { folder: outer, workspaces }: PackageJson): boolean {
  if (!isBelow(folder, outer)) return false
  const inside = outer === '.' ? folder : folder.slice(outer.length + 1)
  const matches = (pattern: string): boolean => globOf(pattern).test(inside)
  return (
    workspaces.some((pattern) => !pattern.startsWith('!') && matches(pattern)) &&
    !workspaces.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1)))
  )
}

/** 'apps/*', 'packages/**': no more of a glob is usual here. */
function globOf(pattern: string): RegExp {
  const parts = pattern
    .replace(/^\.\//, '')
    .replace(/\/$/, '')
    .split(/(\*\*|\*)/)
  const source = parts.map((part) => (part === '**' ? '.+' : part === '*' ? '[^/]+' : escaped(part))).join('')
  return new RegExp(`^${source}$`)
}

function pnpmWorkspaces(project: ProjectFiles, folder: string): readonly string[] {
  const name = 'pnpm-workspace.yaml'
  if (!has(project, folder, name)) return []
  try {
    return list((parse(project.text(at(folder, name)) ?? '') as { packages?: unknown } | null)?.packages)
  } catch {
    return []
  }
}

function textOr(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function list(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

function texts(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
