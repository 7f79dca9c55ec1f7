import { extname, join } from 'node:path'
import type { Installation } from '../deploy/targets/image/own-image.ts'
import { version } from './version.ts'

/** This very installation: sources where it runs from sources, else the compiled package. */
export function ownInstallation(): Installation {
  const folder = join(import.meta.dirname, '..', '..')
  const sources = extname(import.meta.filename) === '.ts' ? ('src' as const) : ('dist' as const)
  return { folder, sources, version: version() }
}

/** What Seaworthy's own image of this version is called unless somebody says otherwise. */
export function ownTag(): string {
  return `seaworthy:${version()}`
}
