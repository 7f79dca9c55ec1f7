import type { ResolvedNeed } from '../../config/resolved.ts'
import { messageOf, Problem } from '../../core/problem.ts'
import { engineOf } from './choose.ts'
import { fits } from './versions.ts'

/**
 * Asks a server of somebody else's over its URL. Resolves with its version, or null for kinds that cannot be asked.
 * @throws Problem `need.unreachable`, `need.version`
 */
export async function checkExternal(need: string, config: ResolvedNeed, url: string): Promise<string | null> {
  const engine = engineOf(config.kind)
  if (engine === null) return null
  const version = await engine.probe(url).catch((error: unknown) => {
    // Never the URL itself: it holds a password.
    throw new Problem('need.unreachable', `${need}, at the URL of ${config.url}, cannot be asked: ${reasonOf(error)}`, {
      hint: `Look whether the server runs, and whether ${config.url} holds the right address, name and password.`,
    })
  })
  if (fits(config.version, version)) return version
  throw new Problem('need.version', `${need} wants ${engine.title} ${config.version}, and the server is ${version}`, {
    hint: `Point ${config.url} at a ${engine.title} ${config.version}, or write the version that is there for ${need}.`,
  })
}

function reasonOf(error: unknown): string {
  // A name with several addresses fails with one error for each.
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  return messageOf(error) || 'no answer'
}
