import { join } from 'node:path'
import type { ResolvedNeed } from '../../config/resolved.ts'
import { Problem } from '../../core/problem.ts'
import { variableName } from '../../deploy/need-variables.ts'
import { chooseInstallation, engineOf } from './choose.ts'
import { checkExternal } from './external.ts'
import { sqliteFile } from './sqlite.ts'

export interface Inspection {
  readonly stateFolder: string
  /** Where programs are looked up. */
  readonly path: string
  /** The URL of an external one. */
  readonly url: string | null
}

/**
 * Whether a need can be had, without starting or changing anything. Resolves with what is there, in words.
 * @throws Problem with the reason and the cure
 */
export async function inspectNeed(need: string, config: ResolvedNeed, inspection: Inspection): Promise<string> {
  const { kind, url: secret } = config
  if (secret !== null) {
    if (inspection.url === null) throw noUrl(need, secret)
    const version = await checkExternal(need, config, inspection.url)
    return version === null
      ? `external (${secret}); a ${kind} is not asked`
      : `external (${secret}): ${kind} ${version}`
  }
  if (kind === 'sqlite') return `a file: ${sqliteFile(inspection.stateFolder, need)}`
  const engine = engineOf(kind)
  if (engine === null) throw notHere(need, kind)
  const { version, folder } = await chooseInstallation(need, config, inspection)
  return `${engine.title} ${version} in ${folder}; data in ${join(inspection.stateFolder, 'needs', need)}`
}

export function noUrl(need: string, secret: string): Problem {
  return new Problem('need.no-url', `${need} has no URL: the secret ${secret} has no value, and none is kept`, {
    hint: `Set ${secret} in the environment or the secrets file.`,
  })
}

export function notHere(need: string, kind: ResolvedNeed['kind']): Problem {
  return new Problem('need.not-here', `${need} is a ${kind}, and none is run here`, {
    hint:
      `Give it the name of a secret with its URL: ${kind}({ url: '${variableName(need)}_URL' })` +
      (kind === 'kafka' ? "; on target 'docker' it is a container." : '.'),
  })
}
