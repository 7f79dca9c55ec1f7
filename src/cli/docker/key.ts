import { join } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-file.ts'
import { agreeOnKey } from '../../deploy/targets/docker/own-commands.ts'
import { runCommand } from '../../deploy/targets/run-command.ts'
import { fingerprintKey, KEY_FILE } from '../secret-values.ts'
import type { Project } from '../project.ts'
import { dockerPlace } from './place.ts'

const KEY = /^[0-9a-f]{64}$/

/**
 * Has the key of control's volume here, so that a deploy from another machine, or from a fresh checkout, does not take every
 * secret for a new one. Where control does not run nothing is done: whoever comes next agrees.
 */
export async function shareKey(project: Project): Promise<void> {
  const { host, place, run } = dockerPlace(project)
  const own = fingerprintKey(project.stateFolder)
  const { code, stdout } = await runCommand(agreeOnKey(host, place, KEY_FILE, own), run)
  if (code === 0 && KEY.test(stdout) && stdout !== own) writeFileAtomic(join(project.stateFolder, KEY_FILE), stdout)
}
