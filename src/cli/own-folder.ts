import { makeStateFolder, type Project } from './project.ts'

/**
 * For what works with secrets. Their fingerprints are keyed, and the key is in the state folder: elsewhere than on `process`
 * this machine has a folder of its own, whose key is control's.
 */
export async function withOwnFolder(project: Project): Promise<Project> {
  if (project.app.target !== 'docker') return project
  const made = makeStateFolder(project)
  const { shareKey } = await import('./docker/key.ts')
  await shareKey(made)
  return made
}
