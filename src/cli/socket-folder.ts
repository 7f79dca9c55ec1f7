import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { socketPath } from '../keeper/paths.ts'

/** Takes away the private folder that holds an environment's sockets when the path of its state folder is too long for them. */
export function removeSocketFolder(stateFolder: string): void {
  const folder = dirname(socketPath(stateFolder, 'keeper'))
  if (folder !== stateFolder) rmSync(folder, { recursive: true, force: true })
}
