import { hostedOf } from './hosted/hosted-of.ts'
import { shareKey } from './hosted/key.ts'
import { makeStateFolder, type Project } from './project.ts'

/**
 * For what works with secrets. Their fingerprints are keyed, and the key is in the state folder: elsewhere than on `process`
 * this machine has a folder of its own, whose key is control's.
 */
export async function withOwnFolder(project: Project): Promise<Project> {
  const hosted = await hostedOf(project)
  if (hosted === null) return project
  const made = makeStateFolder(project)
  await shareKey(made, hosted)
  return made
}
