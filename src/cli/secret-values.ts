import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { parseEnv } from 'node:util'
import { writeFileAtomic } from '../core/atomic-file.ts'
import { isPlaceholder } from '../core/placeholder.ts'
import { messageOf, Problem } from '../core/problem.ts'
import { usedNeeds } from '../deploy/used-needs.ts'
import { channelSecrets } from './channels.ts'
import type { Project } from './project.ts'

export interface SecretValues {
  /** @throws Problem `secret.missing` naming every secret without a value, before anything is touched. */
  of(names: readonly string[]): Readonly<Record<string, string>>
  /** Secret name → fingerprint, of all that the app declares. */
  readonly fingerprints: Readonly<Record<string, string>>
}

/**
 * Looks every declared secret up: in the environment first, then in the environment's secrets file.
 * @param instead values that come before both
 */
export function readSecrets(project: Project, instead: Readonly<Record<string, string>> = {}): SecretValues {
  const { app, stateFolder, secretsFile } = project
  const urls = Object.keys(usedNeeds(app)).flatMap((need) => app.needs[need]!.url ?? [])
  const ofServices = Object.values(app.services).flatMap(({ secrets }) => secrets)
  const ofChannels = channelSecrets(app)
  const { keys = null, jwt = null } = app.guard.identity ?? {}
  const ofGuard = [keys, jwt?.secret ?? null].filter((name) => name !== null)
  const names = [...new Set([...ofServices, ...ofChannels, ...ofGuard, ...urls])].toSorted()
  const file = secretsPath(project)
  const fromFile = file === null ? {} : readSecretsFile(file)
  const valueOf = (name: string): string | undefined => instead[name] ?? process.env[name] ?? fromFile[name]
  const problems = names.flatMap((name) => {
    const value = valueOf(name)
    if (value === undefined || value === '') return [`${name} has no value`]
    if (isPlaceholder(value)) return [`${name} holds a placeholder`]
    return []
  })
  if (problems.length > 0) {
    const place =
      secretsFile === null ? `name a file in environments.${app.environment}.secrets` : `write to ${secretsFile}`
    throw new Problem('secret.missing', `${problems.length} of ${names.length} secrets cannot be used`, {
      hint: `\`export NAME=value\` in this shell, or ${place}: one NAME=value a line, mode 600. Nothing was changed.`,
      details: problems,
    })
  }
  const key = names.length > 0 ? fingerprintKey(stateFolder) : ''
  return {
    of: (wanted) => Object.fromEntries(wanted.map((name) => [name, valueOf(name)!])),
    fingerprints: Object.fromEntries(names.map((name) => [name, fingerprint(key, valueOf(name)!)])),
  }
}

/** Where the environment's secrets file is; null: it names none. */
export function secretsPath({ folder, secretsFile }: Project): string | null {
  if (secretsFile === null) return null
  return isAbsolute(secretsFile) ? secretsFile : join(folder, secretsFile)
}

function readSecretsFile(file: string): Readonly<Record<string, string | undefined>> {
  try {
    if ((statSync(file).mode & 0o077) !== 0) {
      throw new Problem('secret.readable', `${file} can be read by others`, { hint: `chmod 600 ${file}` })
    }
    return parseEnv(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem('secret.no-file', `the secrets file cannot be read: ${messageOf(error)}`, {
      hint: 'Create it with one NAME=value a line and mode 600, or set the names in the environment.',
    })
  }
}

/** Keyed, so that a short secret cannot be found again by trying. */
function fingerprint(key: string, value: string): string {
  return createHmac('sha256', key).update(value).digest('hex').slice(0, 12)
}

/** Where the key of fingerprints is in a state folder. */
export const KEY_FILE = 'fingerprint.key'

/** It is made where there is none. */
export function fingerprintKey(stateFolder: string): string {
  const file = join(stateFolder, KEY_FILE)
  try {
    return readFileSync(file, 'utf8')
  } catch {
    const key = randomBytes(32).toString('hex')
    writeFileAtomic(file, key)
    return key
  }
}
