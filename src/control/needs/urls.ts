import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-file.ts'

/**
 * The URLs of external needs, one file each beside the secrets of the release they came with (`secrets/<release>/needs/`), mode
 * 600: they hold passwords, and go when the release is forgotten.
 */
export class NeedUrls {
  readonly #folder: string

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'secrets')
  }

  save(release: string, need: string, url: string): void {
    mkdirSync(join(this.#folder, release, 'needs'), { recursive: true, mode: 0o700 })
    writeFileAtomic(this.#fileOf(release, need), url)
  }

  /** Null for a release that never came with one. */
  read(release: string, need: string): string | null {
    try {
      return readFileSync(this.#fileOf(release, need), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }

  #fileOf(release: string, need: string): string {
    return join(this.#folder, release, 'needs', need)
  }
}
