import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A throwaway file system of a few MiB; disposing it takes it away. Whoever writes to it has ended by then. */
export interface SmallDisk extends Disposable {
  readonly folder: string
  /** Writes until this share of it is in use; 1: to the last page. */
  fill(share: number): void
  /** Makes empty files until this share of its inodes is in use. */
  fillInodes(share: number): void
  /** Removes what was written to fill it. */
  free(): void
}

/**
 * Null where it cannot be made: only root may, and not in every container.
 * @param at an empty folder that it is mounted at. @default one of its own
 * @param inodes how many files it has room for. @default by the machine's memory
 */
export function makeSmallDisk(mebibytes: number, at?: string, inodes?: number): SmallDisk | null {
  const folder = at ?? mkdtempSync(join(tmpdir(), 'seaworthy-disk-'))
  const bounds = `size=${mebibytes}m${inodes === undefined ? '' : `,nr_inodes=${inodes}`}`
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', bounds, 'tmpfs', folder])
  if (status !== 0) {
    rmdirSync(folder)
    return null
  }
  const ballast = join(folder, 'ballast')
  const empty: string[] = []
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
    fillInodes(share) {
      for (;;) {
        const { files, ffree } = statfsSync(folder)
        if (files - ffree >= share * files) break
        const file = join(folder, `empty-${empty.length}`)
        writeFileSync(file, '')
        empty.push(file)
      }
    },
    free() {
      for (const file of [ballast, ...empty.splice(0)]) rmSync(file, { force: true })
    },
    [Symbol.dispose]() {
      // Lazily: somebody may be in its last moment.
      spawnSync('umount', ['--lazy', folder])
      rmdirSync(folder)
    },
  }
}
