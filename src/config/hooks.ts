import { registerHooks } from 'node:module'
import { readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

let loads = 0

/**
 * Imports a config whatever surrounds it: a project that is CommonJS, Python, or has no node_modules. 'seaworthy' is this
 * very package, and TypeScript of the project is a module whatever its package.json says. Each call evaluates the files anew.
 */
export async function importConfig(file: string): Promise<Record<string, unknown>> {
  const project = pathToFileURL(dirname(file)).href
  const mark = `?seaworthy=${++loads}`
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'seaworthy' && context.parentURL?.endsWith(mark)) return { url: OWN_INDEX, shortCircuit: true }
      const resolved = next(specifier, context)
      const marked = context.parentURL?.endsWith(mark) && isSource(resolved.url, project)
      // Marked, so that what a config imports is read anew as well.
      return marked ? { ...resolved, url: resolved.url + mark } : resolved
    },
    load(url, context, next) {
      if (!url.endsWith(mark)) return next(url, context)
      const path = fileURLToPath(url)
      const source = readFileSync(path, 'utf8')
      if (path === file || /\.m?ts$/.test(path)) return { format: formatOf(path), source, shortCircuit: true }
      return next(url, context)
    },
  })
  try {
    return (await import(pathToFileURL(file).href + mark)) as Record<string, unknown>
  } finally {
    hooks.deregister()
  }
}

/** The sources run as they are and as compiled; our index lies beside this folder in both. */
const OWN_INDEX = pathToFileURL(join(import.meta.dirname, `../index${extname(import.meta.filename)}`)).href

function isSource(url: string, project: string): boolean {
  return url.startsWith(`${project}/`) && !url.includes('/node_modules/') && /\.(?:m?ts|m?js)$/.test(url)
}

function formatOf(path: string): 'module' | 'module-typescript' {
  return path.endsWith('ts') ? 'module-typescript' : 'module'
}
