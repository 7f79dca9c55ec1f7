import type { ResolvedNeed } from '../../config/resolved.ts'
import { Problem } from '../../core/problem.ts'
import { IMAGE_VERSIONS } from '../../deploy/need-settings.ts'
import { hostedEngineOf } from './choose.ts'
import { makePasswords, readCredentials, writeCredentials, type Credentials } from './credentials.ts'
import { notHere } from './inspect.ts'
import { fits, majorOf } from './versions.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/**
 * Writes down where a need runs that an engine keeps, and makes its passwords the first time: they stay, as its data do.
 * @throws Problem `need.not-here` `need.kind-changed` `need.data-version` `need.credentials-unreadable`
 */
export function hostNeed(stateFolder: string, need: string, config: ResolvedNeed, address: Address): Credentials {
  const engine = hostedEngineOf(config.kind)
  if (engine === null || config.url !== null) throw notHere(need, config.kind)
  const kept = readCredentials(stateFolder, need)
  if (kept !== null && kept.kind !== engine.kind) {
    throw new Problem('need.kind-changed', `${need} was a ${kept.kind} here, and is to be a ${config.kind}`, {
      hint: 'Give the new one another name: the old one keeps its data.',
    })
  }
  if (kept !== null) mustReadData(need, config, kept)
  const made: Credentials = kept ?? { kind: engine.kind, ...makePasswords(), ...address, ranVersion: null }
  const credentials = { ...made, ...address }
  if (kept === null || kept.host !== address.host || kept.port !== address.port)
    writeCredentials(stateFolder, need, credentials)
  return credentials
}

/** Said before its container is replaced by one that would not start on them. */
function mustReadData(need: string, config: ResolvedNeed, { ranVersion }: Credentials): void {
  const engine = hostedEngineOf(config.kind)!
  const { kind, title } = engine
  // Without a version in the config it is the image's that runs, whatever ran before.
  const version = config.version ?? IMAGE_VERSIONS[kind]
  if (ranVersion === null || fits(version, ranVersion)) return
  const [wanted, ran] = [majorOf(version), majorOf(ranVersion)]
  if (Number.isNaN(wanted) || engine.reads(wanted, ran)) return
  throw new Problem(
    'need.data-version',
    `the data of ${need} are of ${title} ${ran}, and ${need} wants ${title} ${version}`,
    {
      hint:
        kind === 'kafka'
          ? `Write version: '${ranVersion}' for ${need}, or give the new one another name: it begins without messages.`
          : `Write version: ${ran} for ${need}; or take a dump with ${title} ${ran}, give the new one another name, and load the dump.`,
    },
  )
}
