import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** Files of what was compiled, of all versions of Node and of Seaworthy together: some 5 KiB each. Beyond it begins anew. */
export const COMPILED_MAX = 4_000

/**
 * Lets Node keep what it compiles of the program, in `seaworthy/compiled` of the user's cache folder: a command then takes a
 * quarter less CPU. What lies there is run, so it has to be the user's alone; where it cannot be, nothing is kept.
 * @returns the folder; null: nothing is kept
 */
export function keepCompiled(environment: Readonly<Record<string, string | undefined>> = process.env): string | null {
  // Who names a folder has Node do it, and who forbids it has his reasons.
  if (environment['NODE_COMPILE_CACHE'] ?? environment['NODE_DISABLE_COMPILE_CACHE']) return null
  const { XDG_CACHE_HOME = '' } = environment
  try {
    const folder = join(
      isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), '.cache'),
      'seaworthy',
      'compiled',
    )
    if (filesIn(folder) > COMPILED_MAX) rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { uid, mode } = statSync(folder)
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return null
    return module.enableCompileCache(folder).directory ?? null
  } catch {
    // No home, or one that cannot be written to.
    return null
  }
}

/** Node makes a folder of its own there for each version. */
function filesIn(folder: string): number {
  try {
    return readdirSync(folder).reduce((sum, name) => sum + readdirSync(join(folder, name)).length, 0)
  } catch {
    return 0
  }
}
