import { readFile, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { canonicalJson, sha256 } from '../core/canonical-json.ts'
import { messageOf, Problem } from '../core/problem.ts'
import { findConfig } from './find.ts'
import { importConfig } from './hooks.ts'
import { explainImport } from './import-problem.ts'
import { toPlain, type Json } from './plain.ts'

/** A config as it was written: plain JSON, not checked yet. */
export interface LoadedConfig {
  /** Absolute path of the file. */
  readonly file: string
  /** Its folder: what every path in the config is relative to. */
  readonly folder: string
  readonly raw: Json
  /** One text for one meaning, whatever the order of keys. */
  readonly canonical: string
  /** SHA-256 of `canonical`, in hex. */
  readonly hash: string
}

/** How long a config may take to load. */
export const LOAD_LIMIT_MS = 10_000

/**
 * Loads a config from its folder (not from those above) or from the file named, evaluated exactly once, in this process.
 * @param options.limitMs after which loading is given up. @default 10000
 * @throws config.not-found, config.ambiguous, config.syntax, config.threw, config.no-default, config.hangs, config.not-plain
 */
export async function loadConfig(folderOrFile: string, options: { limitMs?: number } = {}): Promise<LoadedConfig> {
  const file = await findConfig(folderOrFile)
  const exported = file.endsWith('.json')
    ? await readJson(file)
    : await readModule(file, options.limitMs ?? LOAD_LIMIT_MS)
  const { value, problems } = toPlain(exported)
  if (problems.length > 0) {
    throw new Problem('config.not-plain', `${file} holds what a config cannot hold`, {
      hint: 'A config is plain data: text, numbers, true and false, lists and objects.',
      details: problems,
    })
  }
  const canonical = canonicalJson(value)
  return { file, folder: dirname(file), raw: value, canonical, hash: sha256(canonical) }
}

async function readModule(named: string, limitMs: number): Promise<unknown> {
  // Node knows modules by their real path.
  const file = await realpath(named)
  const module = await within(limitMs, file, importConfig(file)).catch(async (thrown: unknown) => {
    throw thrown instanceof Problem && thrown.code === 'config.hangs' ? thrown : await explainImport(file, thrown)
  })
  if (!Object.hasOwn(module, 'default')) {
    const line = (await readFile(file, 'utf8')).trimEnd().split('\n').length
    throw new Problem('config.no-default', `${file}:${line} ends without a default export`, {
      hint: 'Write `export default defineApp({ … })`.',
    })
  }
  return module.default
}

async function within<T>(limitMs: number, file: string, work: Promise<T>): Promise<T> {
  const limit = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    limit.reject(
      new Problem('config.hangs', `${file} did not finish loading within ${limitMs / 1000} s`, {
        hint: 'Look for an `await` at its top level, or in what it imports, that never ends.',
      }),
    )
  }, limitMs)
  try {
    return await Promise.race([work, limit.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8')
  try {
    return JSON.parse(text) as unknown
  } catch (thrown) {
    const reason = messageOf(thrown).replace(/ in JSON at position.*| \(line.*/s, '')
    throw new Problem('config.syntax', `${file}:${lineOfJsonError(thrown, text)}: ${reason}`, {
      hint: 'Correct the line; JSON takes no comments and no trailing commas.',
      cause: thrown,
    })
  }
}

function lineOfJsonError(thrown: unknown, text: string): number {
  const line = /\(line (\d+) column/.exec(messageOf(thrown))?.[1]
  return line === undefined ? text.trimEnd().split('\n').length : Number(line)
}
