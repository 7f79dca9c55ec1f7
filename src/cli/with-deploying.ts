import type { Command } from 'commander'
import type { DeployResult } from '../deploy/engine.ts'
import { globalsOf, openEnvironment, sayFor } from './command.ts'
import type { Deploying } from './deploying.ts'
import { createNarrator, type Narrator } from './narrate.ts'
import { liveRelease } from './draft.ts'
import { EXIT } from './output.ts'
import { withOwnFolder } from './own-folder.ts'
import { currentSecrets, endRotation, savedRotation, settleRotation } from './rotation.ts'
import { targetOf } from './targets.ts'

export interface DeployingOptions {
  /**
   * What becomes of the rotation of a secret that was interrupted: it is settled first, ends with this command, which goes on
   * with its deploy or undoes it, or stays as it is. @default 'settled'
   */
  readonly rotation?: 'settled' | 'ended' | 'left'
  /** The config of the live release, not that of the folder. @default false */
  readonly asLive?: boolean
}

/** Opens the environment for a verb that changes what is live, and closes it whatever comes. Returns the exit code. */
export async function withDeploying(
  command: Command,
  environment: string | undefined,
  reason: string,
  work: (deploying: Deploying) => Promise<number>,
  { rotation: end = 'settled', asLive = false }: DeployingOptions = {},
): Promise<number> {
  using opened = await openEnvironment(command, environment)
  const { control } = opened
  const own = await withOwnFolder(opened.project)
  const project = asLive ? { ...own, app: (await liveRelease(control)).config } : own
  const narrator = createNarrator({ json: globalsOf(command).json, out: process.stdout, say: sayFor(command) })
  try {
    const rotation = savedRotation(project)
    const targetFor = (token: number) => targetOf(project, control, secrets, token)
    let secrets = await currentSecrets(project, control)
    const deploying = { project, control, narrator, reason, targetFor }
    if (rotation !== null && end === 'settled') {
      await settleRotation(deploying)
      secrets = await currentSecrets(project, control)
    }
    const code = await work({ ...deploying, secrets })
    if (rotation !== null && end === 'ended') await endRotation(rotation, deploying)
    return code
  } finally {
    narrator.close()
  }
}

/** 0 when the release is live or there was nothing to do; 1 when it was taken back or undone. */
export function conclude(result: DeployResult | null, narrator: Narrator): number {
  if (result === null) return EXIT.done
  narrator.result(result)
  return result.state === 'done' || result.state === 'inconclusive' ? EXIT.done : EXIT.failed
}
