import { mkdirSync, realpathSync, writeFileSync, existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { checkConfig, environmentNames, stateFolder, type CheckedConfig } from '../config/check.ts'
import { loadConfig } from '../config/load.ts'
import { resolveEnvironment } from '../config/resolve.ts'
import type { ResolvedApp } from '../config/resolved.ts'
import { Problem } from '../core/problem.ts'
import { chosenHosts, HOST_VARIABLE, SeveralHosts } from './hosts/several-hosts.ts'

/** A config as one command sees it: loaded once, checked, resolved for one environment. */
export interface Project {
  readonly folder: string
  readonly checked: CheckedConfig
  readonly app: ResolvedApp
  /** What commands mean when no environment is named. */
  readonly isDefault: boolean
  /** Absolute, and without symbolic links once it is there: `up` makes it. */
  readonly stateFolder: string
  /** The file of secrets outside the repository, when the environment names one. */
  readonly secretsFile: string | null
  /** Engines that the environment names, as Docker writes them; empty: the one that `docker` speaks to by itself. */
  readonly hosts: readonly string[]
  /** What stands before the names of images in the environment's registry; null: images go from engine to engine. */
  readonly registry: string | null
  /** Absolute paths that are no part of a release: the state folder and the secrets file of every environment. */
  readonly keptOut: readonly string[]
}

/**
 * @param readsOnly nothing of the config is put into effect: what it wants need not be there, and its alert rules need not be
 * made. What runs can be looked at and stopped whatever the config says by now. @default false
 */
export async function openProject(
  configPath: string,
  environment: string | undefined,
  { readsOnly = false, host = process.env[HOST_VARIABLE] }: { readsOnly?: boolean; host?: string | undefined } = {},
): Promise<Project> {
  const read = await readProject(configPath, environment)
  const project = { ...read, hosts: chosenHosts(read.hosts, host) }
  if (!readsOnly && project.app.target === 'docker')
    (await import('../deploy/targets/docker/not-here.ts')).mustBeHere(project.app, read.hosts.length)
  if (!readsOnly && project.app.target === 'kubernetes')
    (await import('../deploy/targets/kubernetes/not-here.ts')).mustRunHere(project.app)
  if (project.hosts.length > 1) throw new SeveralHosts(project.app.environment, project.hosts)
  // Better now than when nobody is told.
  if (!readsOnly) (await import('../promises/rules.ts')).allRules(project.app)
  return project
}

/** A project whose environment may have any target: for what reads the config and runs nothing. */
export async function readProject(configPath: string, environment: string | undefined): Promise<Project> {
  const loaded = await loadConfig(configPath)
  const checked = checkConfig(loaded.raw, loaded.file)
  const name = environment ?? mustHaveDefault(checked)
  const app = resolveEnvironment(checked, name)
  const folder = realpathSync(dirname(loaded.file))
  const state = stateFolder(checked, name, folder)
  return {
    folder,
    checked,
    app,
    isDefault: name === defaultEnvironment(checked),
    stateFolder: existsSync(state) ? realpathSync(state) : state,
    secretsFile: checked.app.environments[name]?.secrets ?? null,
    hosts: [checked.app.environments[name]?.host ?? []].flat(),
    registry: checked.app.environments[name]?.registry ?? null,
    keptOut: Object.entries(checked.app.environments).flatMap(([each, { secrets }]) => [
      stateFolder(checked, each, folder),
      ...(secrets === undefined ? [] : [resolve(folder, secrets)]),
    ]),
  }
}

/** For whoever is about to write there; returns the project with the folder as it is. */
export function makeStateFolder(project: Project): Project {
  const { folder, stateFolder } = project
  const made = mkdirSync(stateFolder, { recursive: true, mode: 0o700 })
  // It holds the values of secrets: `git add -A` must not take them along.
  if (made !== undefined && realpathSync(made).startsWith(`${folder}/`)) writeFileSync(join(made, '.gitignore'), '*\n')
  return { ...project, stateFolder: realpathSync(stateFolder) }
}

/** Whether the config has such an environment. */
export async function isEnvironment(configPath: string, name: string): Promise<boolean> {
  const { raw, file } = await loadConfig(configPath)
  return environmentNames(checkConfig(raw, file)).includes(name)
}

/** `local` where there is one, else the only one. */
function defaultEnvironment(checked: CheckedConfig): string | null {
  const names = environmentNames(checked)
  if (names.includes('local')) return 'local'
  return names.length === 1 ? names[0]! : null
}

function mustHaveDefault(checked: CheckedConfig): string {
  const found = defaultEnvironment(checked)
  if (found !== null) return found
  const names = environmentNames(checked)
  throw new Problem('config.which-environment', `name the environment: ${names.join(', ')}`, {
    hint: `For example: seaworthy status ${names[0]}`,
  })
}
