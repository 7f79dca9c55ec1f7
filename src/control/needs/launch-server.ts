import type { ResolvedNeed } from '../../config/resolved.ts'
import { Problem } from '../../core/problem.ts'
import { holderOf } from '../../deploy/targets/process/port-holder.ts'
import type { ChildState } from '../../keeper/protocol.ts'
import type { KeeperLink } from '../keeper-link.ts'
import { isFree } from '../ports.ts'
import { describeExit } from '../supervisor.ts'
import { accountFor } from './accounts.ts'
import { chooseInstallation, engineOf } from './choose.ts'
import { makeCredentials, readCredentials, writeCredentials } from './credentials.ts'
import { createData, dataFolder } from './data-folder.ts'
import type { ServerPlace } from './engine.ts'
import type { LinesSince } from './lines-since.ts'

export interface ServerLaunch {
  readonly need: string
  /** Among the keeper's children. */
  readonly name: string
  readonly stateFolder: string
  readonly path: string
  readonly keeper: KeeperLink
  readonly takenPorts: () => ReadonlySet<number>
  readonly output: LinesSince
  readonly note: (kind: string, text: string) => void
}

/** Starts a server, with everything it lacks made first: credentials, data, configuration. Can be done again after a crash. */
export async function launchServer(
  config: ResolvedNeed,
  { need, name, stateFolder, path, keeper, takenPorts, output, note }: ServerLaunch,
): Promise<{ readonly child: ChildState; readonly version: string }> {
  const engine = engineOf(config.kind)!
  const installation = await chooseInstallation(need, config, { stateFolder, path })
  if (readCredentials(stateFolder, need) === null) {
    writeCredentials(stateFolder, need, await makeCredentials(engine.kind, takenPorts()))
  }
  const place = placeOf(need, config, stateFolder)
  await checkPort(need, place.credentials.port)
  if (await createData(engine, place, installation)) {
    note('need-created', `${need}: a new ${engine.title} ${installation.version} in ${place.data}`)
  }
  engine.configure(place)
  output.mark()
  const child = await keeper.spawn({
    name,
    role: 'need',
    ...engine.launch(place, installation),
    cwd: place.data,
    output: output.file,
    ...(place.account === null ? {} : { account: place.account }),
  })
  if (child.state !== 'running') throw new Error(describeExit(child.exit))
  if (place.credentials.ranVersion !== installation.version) {
    writeCredentials(stateFolder, need, { ...place.credentials, ranVersion: installation.version })
  }
  return { child, version: installation.version }
}

/** Where a server that has been started once is. */
export function placeOf(need: string, config: ResolvedNeed, stateFolder: string): ServerPlace {
  return {
    need,
    config,
    credentials: readCredentials(stateFolder, need)!,
    data: dataFolder(stateFolder, need),
    account: accountFor(engineOf(config.kind)!.account),
  }
}

async function checkPort(need: string, port: number): Promise<void> {
  if (await isFree('127.0.0.1', port)) return
  const holder = holderOf(port)
  throw new Problem(
    'need.port-taken',
    `the port of ${need}, ${port}, is taken by another program${holder && `: ${holder}`}`,
    {
      hint: `Stop that program: services hold the port in their URL, so ${need} keeps it, and starts as soon as it is free.`,
    },
  )
}
