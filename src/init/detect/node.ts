import { inFolder, inOrder, plainProgram } from '../shell.ts'
import type { Finding, Guess, NoteFinding, ServiceFinding, SettingFinding, TextKey } from '../finding.ts'
import { at, has, linesMatching, nameOf, rootsOf, sourcesOf } from '../look.ts'
import { packageJson, workspaceOf, type PackageJson } from '../package-json.ts'
import { packageManagerOf, type PackageManager } from '../package-manager.ts'
import { pageOf } from './node-page.ts'
import type { ProjectFiles } from '../project-files.ts'

/** A package of Node, where its files are and how its packages come. */
interface Package {
  readonly project: ProjectFiles
  readonly folder: string
  readonly own: PackageJson
  /** The workspace it is part of: its lockfile and its packages lie there. */
  readonly outer: PackageJson | null
  readonly manager: PackageManager
}

/** Node: one service for each package that can run, whatever workspace it is part of. */
export function detectNode(project: ProjectFiles): readonly Finding[] {
  return rootsOf(project).flatMap((folder): readonly Finding[] => {
    const own = packageJson(project, folder)
    if (own === null) {
      const broken = has(project, folder, 'package.json')
      return broken
        ? [note(`${at(folder, 'package.json')} is no JSON object: not looked into`)]
        : bareScript(project, folder)
    }
    const outer = workspaceOf(project, folder)
    const found = { project, folder, own, outer, manager: packageManagerOf(project, outer ?? own) }
    return own.workspaces.length > 0 && !hasServerOfItsOwn(found) ? [] : serviceOf(found)
  })
}

/** A script finds its member by itself, a framework's program by the package manager; any other is started in its folder. */
function inMember({ command, isScript, isTool }: Started, manager: PackageManager, member: string): string {
  if (isScript) return command.value
  return isTool
    ? manager.exec(command.value.replace('node_modules/.bin/', ''), member)
    : inFolder(member, command.value)
}

/** A workspace's own scripts usually start its members. */
function hasServerOfItsOwn({ project, folder, own }: Package): boolean {
  const start = plainProgram(own.scripts['start'] ?? '')
  return start?.words[0] === 'node' && start.words.some((word) => has(project, folder, word))
}

const NO_LOCK = 'there is no lockfile: commit one, or each build may get other versions'

function serviceOf(found: Package): readonly Finding[] {
  const { project, folder, own, outer, manager } = found
  const file = at(folder, 'package.json')
  const page = pageOf(project, own)
  const started = page?.static === undefined ? (page?.start ?? startOf(found)) : null
  if (started === null && page === null) return []

  const path = outer === null ? folder : outer.folder
  const member = outer === null ? null : folder.slice(path === '.' ? 0 : path.length + 1)
  const keys: Partial<Record<TextKey, Guess<string>>> = {}
  if (path !== '.') keys.path = { value: path, because: file }
  const build = buildOf(found, started?.needsDevelopment ?? false)
  if (build !== null) keys.build = build
  if (page?.static !== undefined) {
    keys.static = { ...page.static, value: member === null ? page.static.value : `${member}/${page.static.value}` }
  } else if (started !== null) {
    const { value, because } = started.command
    keys.start = { value: member === null ? value : inMember(started, manager, member), because }
  }
  const role = page === null ? (isReached(found) ? 'server' : 'worker') : 'page'
  const service: ServiceFinding = {
    kind: 'service',
    folder,
    runtime: 'node',
    name: folder === '.' || own.name === null ? nameOf(folder, role) : own.name.replace(/^@[^/]+\//, ''),
    keys,
    ...(role === 'server' ? {} : { role }),
    ...(manager.hasLock || !hasPackages(outer ?? own) ? {} : { note: `${file}: ${NO_LOCK}` }),
  }
  const env = Object.entries(started?.env ?? {})
    .filter(([name]) => !['PORT', 'HOST', 'NODE_ENV'].includes(name))
    .map(([name, value]): SettingFinding => ({
      kind: 'setting',
      folder,
      key: 'env',
      name,
      guess: { value, because: started!.command.because },
    }))
  return [service, ...env]
}

interface Started {
  readonly command: Guess<string>
  readonly env: Readonly<Record<string, string>>
  /** Run by the package manager. */
  readonly isScript: boolean
  /** A program that a package brings. */
  readonly isTool?: true
  /** What starts it is among the packages for development. */
  readonly needsDevelopment: boolean
}

const SCRIPTS = ['start:prod', 'start:production', 'start', 'serve'] as const
/** These reload when a file changes, or serve a preview: not what runs in production. */
const FOR_DEVELOPMENT = /\bnodemon\b|--watch\b|ts-node-dev|\bdev\b|^vite\b|react-scripts start|ng serve/

function startOf({ project, folder, own, outer, manager }: Package): Started | null {
  const file = at(folder, 'package.json')
  for (const name of SCRIPTS) {
    const script = own.scripts[name]
    if (script === undefined || FOR_DEVELOPMENT.test(script)) continue
    const because = `${file}: scripts.${name} is '${script}'`
    const program = plainProgram(script)
    if (program?.words[0] === 'node') {
      return {
        command: { value: program.command, because },
        env: program.env,
        isScript: false,
        needsDevelopment: false,
      }
    }
    const member = outer === null ? null : folder.slice(outer.folder === '.' ? 0 : outer.folder.length + 1)
    const needsDevelopment = Object.keys(own.devDependencies).some((tool) => script.split(/\s+/).includes(tool))
    return { command: { value: manager.run(name, member), because }, env: {}, isScript: true, needsDevelopment }
  }
  const main = [own.main, ...ENTRIES].find((path) => path !== null && listens(project, at(folder, path)))
  if (main === undefined || main === null) return null
  const because = main === own.main ? `${file}: main, which listens` : `${at(folder, main)} listens`
  return { command: { value: `node ${main}`, because }, env: {}, isScript: false, needsDevelopment: false }
}

/** Node runs TypeScript as well: it strips the types. */
const ENTRIES = ['server', 'index', 'app', 'main', 'src/server', 'src/index', 'src/app', 'src/main'].flatMap((name) =>
  ['js', 'mjs', 'ts'].map((ending) => `${name}.${ending}`),
)

/** No package.json at all: a script that listens is enough. */
function bareScript(project: ProjectFiles, folder: string): readonly Finding[] {
  const entry = ENTRIES.find((name) => listens(project, at(folder, name)))
  if (entry === undefined) return []
  const start = { value: `node ${entry}`, because: `${at(folder, entry)} listens` }
  return [
    {
      kind: 'service',
      folder,
      runtime: 'node',
      name: nameOf(folder),
      keys: { ...pathKey(folder, entry), start },
    },
  ]
}

function pathKey(folder: string, entry: string): Partial<Record<TextKey, Guess<string>>> {
  return folder === '.' ? {} : { path: { value: folder, because: at(folder, entry) } }
}

const LISTENS = /\.listen\(|\bserve\(|createServer\(|\bDeno\.serve|\bBun\.serve/

function listens(project: ProjectFiles, path: string): boolean {
  return LISTENS.test(project.text(path) ?? '')
}

const SERVERS = [
  'express',
  'fastify',
  'koa',
  'hono',
  '@nestjs/core',
  '@hapi/hapi',
  'restify',
  'polka',
  'h3',
  'fastify-cli',
]

/** Whether anybody sends it requests: it has a server's framework, or something in it listens. */
function isReached({ project, folder, own }: Package): boolean {
  if (SERVERS.some((name) => name in own.dependencies)) return true
  const sources = sourcesOf(project, folder)
  // Without sources to look at, such as a built program alone, being reached is the likelier case.
  return sources.length === 0 || linesMatching(project, sources, LISTENS).length > 0
}

function hasPackages({ dependencies, devDependencies, workspaces }: PackageJson): boolean {
  return Object.keys({ ...dependencies, ...devDependencies }).length > 0 || workspaces.length > 0
}

function buildOf({ project, own, outer, manager }: Package, needsDevelopment: boolean): Guess<string> | null {
  const base = outer ?? own
  const file = at(base.folder, 'package.json')
  // One and the same command for every member: they share one copy of the files then.
  const members = outer === null ? [] : membersThatBuild(project, outer)
  const builds = outer === null ? own.scripts['build'] !== undefined : members.length > 0
  const because = manager.because
  if (!builds) {
    if (!hasPackages(base)) return null
    const isNeeded = needsDevelopment || usesDevelopmentTools(own)
    return { value: inOrder([isNeeded ? manager.install : manager.installForRunning]), because }
  }
  const steps = outer === null ? [manager.run('build', null)] : members.map((member) => manager.run('build', member))
  const installs = hasPackages(base) ? [manager.install] : []
  const said =
    outer === null ? `${file}: scripts.build is '${own.scripts['build']}'` : `scripts.build of ${members.join(', ')}`
  return { value: inOrder([...installs, ...steps]), because: hasPackages(base) ? `${because}; ${said}` : said }
}

/** What a workspace's members need built, libraries first as npm itself would not know: in the order of their folders. */
function membersThatBuild(project: ProjectFiles, outer: PackageJson): readonly string[] {
  const folders = rootsOf(project).filter((folder) => workspaceOf(project, folder)?.folder === outer.folder)
  const members = folders
    .map((folder) => packageJson(project, folder)!)
    .filter((each) => each.scripts['build'] !== undefined)
  const uses = (one: PackageJson, other: PackageJson): boolean =>
    other.name !== null && other.name in { ...one.dependencies, ...one.devDependencies }
  const ordered: PackageJson[] = []
  const visit = (one: PackageJson, trail: readonly PackageJson[]): void => {
    if (ordered.includes(one) || trail.includes(one)) return
    for (const other of members.filter((each) => uses(one, each))) visit(other, [...trail, one])
    ordered.push(one)
  }
  for (const one of members) visit(one, [])
  return ordered.map(({ folder }) => (outer.folder === '.' ? folder : folder.slice(outer.folder.length + 1)))
}

/** The programs of migrations come from packages for development as a rule. */
function usesDevelopmentTools({ devDependencies }: PackageJson): boolean {
  const tools = ['prisma', 'drizzle-kit', 'knex'].filter((name) => name in devDependencies)
  return tools.length > 0
}

function note(text: string): NoteFinding {
  return { kind: 'note', text }
}
