import { nameOfHost } from '../hosts/several-hosts.ts'
import { folderMark } from '../../keeper/paths.ts'
import { makeStateFolder, type Project } from '../project.ts'

/** Where this command runs hooks, and what their processes are known by. */
export interface HookPlace {
  /** The config's. */
  readonly folder: string
  /** The PATH under which their programs are looked up. */
  readonly path: string
  readonly mark: string
}

/** Null: control has the folder and the programs, and runs them itself. */
export function hookPlace(project: Project): HookPlace | null {
  const { app, folder, hosts } = project
  if (app.target === 'process') return null
  const path = process.env['PATH'] ?? '/usr/bin:/bin'
  // Those of several hosts have the same names, and run side by side.
  const host = hosts.map((one) => `:${nameOfHost(one)}`).join('')
  return { folder, path, mark: `${folderMark(makeStateFolder(project).stateFolder)}${host}` }
}
