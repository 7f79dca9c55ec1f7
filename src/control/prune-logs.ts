import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Outputs of the newest so many releases stay, those of refused ones too: that is when they are read. */
export const RELEASES_LOGGED = 20

/** Removes the outputs of instances and jobs of older releases: `api@7-3fa9c1d2-1.log`, `build:api@7-3fa9c1d2.log.2`. */
export function pruneLogs(folder: string, newestSequence: number): void {
  for (const name of readdirSync(folder)) {
    const sequence = /@(\d+)-[0-9a-f]{8}(?:-\d+)?\.log(?:\.\d+)?(?:\.times)?$/.exec(name)?.[1]
    if (sequence !== undefined && Number(sequence) <= newestSequence - RELEASES_LOGGED)
      rmSync(join(folder, name), { force: true })
  }
}
