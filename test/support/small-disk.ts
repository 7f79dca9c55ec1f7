import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A throwaway file system of a few MiB; disposing it takes it away. Whoever writes to it has ended by then. */
export interface SmallDisk extends Disposable {
  readonly folder: string
  /** Writes until this share of it is in use; 1: to the last page. */
  fill(share: number): void
  /** Removes what `fill` has written. */
  free(): void
}

/**
 * Null where it cannot be made: only root may, and not in every container.
 * @param at an empty folder that it is mounted at. @default one of its own
 */
export function makeSmallDisk(mebibytes: number, at?: string): SmallDisk | null {
  const folder = at ?? mkdtempSync(join(tmpdir(), 'seaworthy-disk-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder])
  if (status !== 0) {
    rmdirSync(folder)
    return null
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill(share) {
      const file = openSync(ballast, 'a')
      for (;;) {
        const { blocks, bavail, bsize } = statfsSync(folder)
        const missing = Math.floor((bavail - blocks * (1 - share)) * bsize)
        if (missing <= 0) break
        writeSync(file, Buffer.alloc(Math.min(missing, 1024 * 1024)))
      }
      closeSync(file)
    },
    free: () => rmSync(ballast),
    [Symbol.dispose]() {
      // Lazily: somebody may be in its last moment.
      spawnSync('umount', ['--lazy', folder])
      rmdirSync(folder)
    },
  }
}
