import type { Command } from 'commander'
import type { DeployResult } from '../deploy/engine.ts'
import { globalsOf, openEnvironment, sayFor } from './command.ts'
import type { Deploying } from './deploying.ts'
import { createNarrator, type Narrator } from './narrate.ts'
import { EXIT } from './output.ts'
import { withOwnFolder } from './own-folder.ts'
import { readSecrets } from './secret-values.ts'
import { targetOf } from './targets.ts'

/** Opens the environment for a verb that changes what is live, and closes it whatever comes. Returns the exit code. */
export async function withDeploying(
  command: Command,
  environment: string | undefined,
  reason: string,
  work: (deploying: Deploying) => Promise<number>,
): Promise<number> {
  using opened = await openEnvironment(command, environment)
  const { control } = opened
  const project = await withOwnFolder(opened.project)
  const secrets = readSecrets(project)
  const narrator = createNarrator({ json: globalsOf(command).json, out: process.stdout, say: sayFor(command) })
  try {
    const targetFor = (token: number) => targetOf(project, control, secrets, token)
    return await work({ project, control, secrets, narrator, reason, targetFor })
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
