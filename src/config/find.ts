import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Problem } from '../core/problem.ts'

export const CONFIG_NAMES = [
  'seaworthy.config.ts',
  'seaworthy.config.mts',
  'seaworthy.config.js',
  'seaworthy.config.mjs',
  'seaworthy.config.json',
] as const

/**
 * The config file of a folder, or the file itself where one is named. Never looks further up: which app a command is about
 * must not depend on what lies above it.
 * @throws config.not-found where there is none, config.ambiguous where there are several
 */
export async function findConfig(folderOrFile: string): Promise<string> {
  const path = resolve(folderOrFile)
  const kind = await kindOf(path)
  if (kind === 'file') {
    if (/\.(?:ts|mts|js|mjs|json)$/.test(path)) return path
    throw new Problem('config.not-found', `${path} is no config`, {
      hint: `Name a file that ends with .ts, .mts, .js, .mjs or .json.`,
    })
  }
  if (kind === null) throw new Problem('config.not-found', `${path} does not exist`, { hint: 'Check the path.' })

  const found: string[] = []
  for (const name of CONFIG_NAMES) if ((await kindOf(join(path, name))) === 'file') found.push(name)
  if (found.length > 1) {
    throw new Problem('config.ambiguous', `${path} holds several configs: ${found.join(', ')}`, {
      hint: 'Keep one of them.',
    })
  }
  if (found[0] === undefined) {
    throw new Problem('config.not-found', `${path} holds no seaworthy.config.ts`, {
      hint: 'Go to the folder of the app, or name its config with --config; `seaworthy init` writes a first one.',
    })
  }
  return join(path, found[0])
}

async function kindOf(path: string): Promise<'file' | 'folder' | null> {
  try {
    const found = await stat(path)
    return found.isDirectory() ? 'folder' : 'file'
  } catch {
    return null
  }
}
