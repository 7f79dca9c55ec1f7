import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { messageOf, Problem } from '../core/problem.ts'

/** Turns what an import threw into a problem that names the file and the line. */
export async function explainImport(file: string, thrown: unknown): Promise<Problem> {
  // Node goes on with advice about package.json, which does not hold here.
  const message = messageOf(thrown)
    .split('\n', 1)[0]!
    .replaceAll(/\?seaworthy=\d+/g, '')
  const place = placeOf(file, thrown) ?? (await searchPlace(file, thrown))
  if (isSyntaxError(thrown)) {
    return new Problem('config.syntax', `${place}: ${message}`, { hint: syntaxHint(thrown), cause: thrown })
  }
  return new Problem('config.threw', `${place}: loading the config failed: ${message}`, {
    hint: importHint(thrown),
    cause: thrown,
  })
}

function isSyntaxError(thrown: unknown): boolean {
  return thrown instanceof SyntaxError || codeOf(thrown).endsWith('TYPESCRIPT_SYNTAX')
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
}

function syntaxHint(thrown: unknown): string {
  if (codeOf(thrown) === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return 'Types are stripped and nothing else is compiled: write it without enum, namespace, parameter properties and decorators.'
  }
  return 'Correct the line; the error may begin a little above it.'
}

function importHint(thrown: unknown): string {
  if (codeOf(thrown) === 'ERR_MODULE_NOT_FOUND') return 'Install what is imported, or take the import out.'
  if (/\b(?:module|exports|require|__dirname) is not defined/.test(messageOf(thrown))) {
    return 'A config is an ES module: write `import` and `export default defineApp({ … })`.'
  }
  return 'Correct the line; a config should only describe, and read nothing that may be missing.'
}

/** The first line of the project's own files in the stack, or the head that Node puts before a syntax error's. */
function placeOf(file: string, thrown: unknown): string | null {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : ''
  const project = `${pathToFileURL(dirname(file)).href}/`
  for (const [, url = '', line] of stack.matchAll(/(file:\/\/[^\s()]*?)(?:\?seaworthy=\d+)?:(\d+)/g)) {
    if (url.startsWith(project)) return `${fileURLToPath(url)}:${line}`
  }
  return null
}

/** V8 tells no line for some syntax errors, Node none for an import that is not there. */
async function searchPlace(file: string, thrown: unknown): Promise<string> {
  const source = await readFile(file, 'utf8')
  const line = isSyntaxError(thrown) ? await lineByCheck(file, source) : lineOfImport(source, thrown)
  return line === null ? file : `${file}:${line}`
}

const CHECK_LIMIT_MS = 5000

/** Asks a Node of its own, which only parses. */
async function lineByCheck(file: string, source: string): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>()
  try {
    const plain = file.endsWith('ts') ? stripQuietly(source) : source
    const checked = execFile(
      process.execPath,
      ['--check', '--input-type=module', '-'],
      { timeout: CHECK_LIMIT_MS },
      (_error, _output, errors) => {
        const line = /^\[stdin\]:(\d+)/m.exec(errors)?.[1]
        resolve(line === undefined ? null : Number(line))
      },
    )
    checked.stdin?.on('error', () => {}).end(plain)
  } catch {
    resolve(null)
  }
  return await promise
}

/** Node calls its stripping experimental, which is nothing to tell somebody who has a syntax error. */
function stripQuietly(source: string): string {
  const emit: unknown = Reflect.get(process, 'emitWarning')
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(source)
  } finally {
    Reflect.set(process, 'emitWarning', emit)
  }
}

function lineOfImport(source: string, thrown: unknown): number | null {
  const missing = /Cannot find (?:package|module) '([^']+)'/.exec(messageOf(thrown))?.[1]
  const name = missing?.split('/').at(-1)
  if (name === undefined) return null
  const index = source.split('\n').findIndex((line) => /\b(?:import|from)\b/.test(line) && line.includes(name))
  return index === -1 ? null : index + 1
}
