import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-file.ts'
import type { Channel, DeployOrigin } from '../api/hooks-methods.ts'

type Channels = DeployOrigin['channels']

/**
 * Where people are told, as the newest deploy knew it: a file of mode 600 beside the secrets of the releases, since each
 * URL is a secret. Messages name their channel, so a URL that was replaced reaches those that wait, too.
 */
export class ChannelFile {
  readonly #file: string

  constructor(stateFolder: string) {
    this.#file = join(stateFolder, 'secrets', 'channels.json')
  }

  save(channels: Channels): void {
    writeFileAtomic(this.#file, JSON.stringify(channels), { mode: 0o600 })
  }

  names(): readonly string[] {
    return Object.keys(this.#read())
  }

  find(name: string): Channel | null {
    const channels = this.#read()
    return Object.hasOwn(channels, name) ? channels[name]! : null
  }

  #read(): Channels {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8')) as Channels
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
      throw error
    }
  }
}
