import { join } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-file.ts'
import { runCommand } from '../../deploy/targets/run-command.ts'
import { fingerprintKey, KEY_FILE } from '../secret-values.ts'
import type { Project } from '../project.ts'
import type { Hosted } from './hosted.ts'

const KEY = /^[0-9a-f]{64}$/

/**
 * Has the key of control's volume here, so that a deploy from another machine, or from a fresh checkout, does not take every
 * secret for a new one. Where control does not run nothing is done: whoever comes next agrees.
 */
export async function shareKey({ stateFolder }: Project, hosted: Hosted): Promise<void> {
  const own = fingerprintKey(stateFolder)
  const { code, stdout } = await runCommand(hosted.agreeOnKey(own), { env: process.env })
  if (code === 0 && KEY.test(stdout) && stdout !== own) writeFileAtomic(join(stateFolder, KEY_FILE), stdout)
}
