import type { Guess } from '../finding.ts'
import { at, firstOf, linesMatching } from '../look.ts'
import type { PackageJson } from '../package-json.ts'
import type { ProjectFiles } from '../project-files.ts'

/** How pages made by a bundler or a framework are served: as built files, or by a program of the framework's. */
export interface Page {
  readonly static?: Guess<string>
  readonly start?: {
    readonly command: Guess<string>
    readonly env: Readonly<Record<string, string>>
    readonly isScript: false
    readonly isTool: true
    readonly needsDevelopment: false
  }
}

/** What a bundler makes: the package that says so, and the folder it writes by default. */
const BUNDLERS = [
  { name: 'vite', folder: 'dist', configs: ['vite.config.ts', 'vite.config.js', 'vite.config.mts', 'vite.config.mjs'] },
  { name: 'react-scripts', folder: 'build', configs: [] },
  { name: 'astro', folder: 'dist', configs: ['astro.config.mjs', 'astro.config.ts'] },
  { name: '@vue/cli-service', folder: 'dist', configs: ['vue.config.js'] },
] as const

/** A server of its own besides the bundler's: then the server serves the pages. */
const SERVERS = ['express', 'fastify', 'koa', 'hono', '@nestjs/core', '@hapi/hapi', '@sveltejs/kit', 'nuxt']

/** Null where the package makes no pages of a known kind. */
export function pageOf(project: ProjectFiles, own: PackageJson): Page | null {
  const all = { ...own.dependencies, ...own.devDependencies }
  const file = at(own.folder, 'package.json')
  if ('next' in all) return nextPage(project, own, file)
  if (SERVERS.some((name) => name in all) || own.scripts['build'] === undefined) return null
  const bundler = BUNDLERS.find(({ name }) => name in all)
  if (bundler === undefined) return null
  const because = `${file}: ${bundler.name} makes files, by default in ${bundler.folder}/`
  const config = firstOf(project, own.folder, bundler.configs)
  const [told] =
    config === null
      ? []
      : linesMatching(project, [at(own.folder, config)], /\boutDir:\s*['"`](?:\.\/)?([\w./-]+?)\/?['"`]/)
  if (told === undefined) return { static: { value: bundler.folder, because } }
  return { static: { value: told.match[1]!, because: `${told.where} says outDir` } }
}

const NEXT_CONFIGS = ['next.config.js', 'next.config.mjs', 'next.config.ts']

function nextPage(project: ProjectFiles, own: PackageJson, file: string): Page {
  const config = firstOf(project, own.folder, NEXT_CONFIGS)
  const [exported] =
    config === null ? [] : linesMatching(project, [at(own.folder, config)], /\boutput:\s*['"`]export['"`]/)
  if (exported !== undefined) return { static: { value: 'out', because: `${exported.where} says output: 'export'` } }
  const command = { value: 'node_modules/.bin/next start -p $PORT -H $HOST', because: `${file}: depends on next` }
  return { start: { command, env: {}, isScript: false, isTool: true, needsDevelopment: false } }
}
