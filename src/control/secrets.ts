import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../core/atomic-file.ts'

/** Stands for a service's name where the gateway's own secrets are kept: no service can be called so. */
export const GUARD_SECRETS = '@guard'

export type Secrets = Readonly<Record<string, string>>

/**
 * The secret values of each release's services, one file each, readable by the owner alone: control must be able to start
 * an instance again after its own restart and after a reboot, when the environment they came from is gone.
 */
export class SecretFiles {
  readonly #folder: string

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'secrets')
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
  }

  save(release: string, service: string, secrets: Secrets): void {
    mkdirSync(join(this.#folder, release), { recursive: true, mode: 0o700 })
    writeFileAtomic(join(this.#folder, release, `${service}.json`), JSON.stringify(secrets), { mode: 0o600 })
  }

  read(release: string, service: string): Secrets {
    try {
      return JSON.parse(readFileSync(join(this.#folder, release, `${service}.json`), 'utf8')) as Secrets
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
      throw error
    }
  }

  has(release: string, service: string): boolean {
    return existsSync(join(this.#folder, release, `${service}.json`))
  }

  forget(release: string): void {
    rmSync(join(this.#folder, release), { recursive: true, force: true })
  }
}
