import type { ResolvedNeed } from '../../config/resolved.ts'
import { Problem } from '../../core/problem.ts'
import { accountFor } from './accounts.ts'
import { needFolder, readCredentials } from './credentials.ts'
import { dataFolder } from './data-folder.ts'
import type { Engine, HostedEngine } from './engine.ts'
import type { Installation } from './installations.ts'
import { kafkaEngine } from './kafka.ts'
import { postgresEngine } from './postgres.ts'
import { redisEngine } from './redis.ts'
import { fits, majorOf } from './versions.ts'

/** The engine that runs a kind of need here; null for kinds that this version does not run. */
export function engineOf(kind: ResolvedNeed['kind']): Engine | null {
  return kind === 'postgres' ? postgresEngine : kind === 'redis' ? redisEngine : null
}

/** The same for those that a container engine keeps. */
export function hostedEngineOf(kind: ResolvedNeed['kind']): HostedEngine | null {
  return kind === 'kafka' ? kafkaEngine : engineOf(kind)
}

/**
 * The installation that serves a need, on the data it has. Touches nothing.
 * @throws Problem `need.not-installed`, `need.version`, `need.data-version`, `need.kind-changed`, `need.no-account`
 */
export async function chooseInstallation(
  need: string,
  config: ResolvedNeed,
  { stateFolder, path }: { readonly stateFolder: string; readonly path: string },
): Promise<Installation> {
  const engine = engineOf(config.kind)!
  const { title, install } = engine
  const credentials = readCredentials(stateFolder, need)
  if (credentials !== null && credentials.kind !== config.kind) {
    const folder = needFolder(stateFolder, need)
    throw new Problem('need.kind-changed', `${need} was a ${credentials.kind} here, and is to be a ${config.kind}`, {
      hint: `Give the new one another name. Or, when nobody uses the old one's data any more, move ${folder} away.`,
    })
  }
  const found = await engine.find(path)
  if (found.length === 0) {
    throw new Problem('need.not-installed', `${need} wants ${asked(title, config)}, and this machine has none`, {
      hint: `Run \`${install}\`, or give ${need} a url.`,
    })
  }
  const fitting = found.filter(({ version }) => fits(config.version, version))
  if (fitting.length === 0) {
    throw new Problem('need.version', `${need} wants ${asked(title, config)}, and this machine has ${list(found)}`, {
      hint: `Install ${title} ${config.version}, write version: ${majorOf(found[0]!.version)} for ${need}, or give it a url.`,
    })
  }
  const data = engine.dataMajor(dataFolder(stateFolder, need), credentials)
  const chosen = fitting.find(({ version }) => data === null || engine.reads(majorOf(version), data))
  if (chosen === undefined) {
    const wanted =
      config.version === null ? `this machine has ${title} ${list(found)}` : `${need} wants ${asked(title, config)}`
    throw new Problem('need.data-version', `the data of ${need} are of ${title} ${data}, and ${wanted}`, {
      hint: `Write version: ${data} for ${need} and have ${title} ${data} installed; or take a dump with ${title} ${data}, move ${dataFolder(stateFolder, need)} away, and load the dump.`,
    })
  }
  accountFor(engine.account)
  return chosen
}

function asked(title: string, { version }: ResolvedNeed): string {
  return version === null ? `a ${title}` : `${title} ${version}`
}

function list(found: readonly Installation[]): string {
  return found.map(({ version }) => version).join(', ')
}
