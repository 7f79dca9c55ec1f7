import { Problem } from '../../core/problem.ts'
import type { Release } from '../../deploy/release.ts'
import type { NeedConnection } from './connection.ts'
import { makeConnections, type Place } from './connections.ts'
import { prepareSqlite, sqliteFile } from './sqlite.ts'
import { NeedUrls } from './urls.ts'

/** What the services of an environment use: hands out connections, and has files and servers in place. */
export class Needs {
  readonly #folder: string
  readonly #urls: NeedUrls

  constructor(folder: string) {
    this.#folder = folder
    this.#urls = new NeedUrls(folder)
  }

  /**
   * Has a need in place for a release. `url`: the value of an external one's secret; null: the one kept with the release.
   * Answers null, or what an optional need lacks.
   * @throws Problem `need.no-url`, `need.not-here`
   */
  async ensure(release: Release, need: string, url: string | null): Promise<string | null> {
    const { kind, url: secret } = release.config.needs[need]!
    if (secret !== null) {
      if (url !== null) this.#urls.save(release.id, need, url)
      if (this.#urls.read(release.id, need) !== null) return null
      throw new Problem('need.no-url', `${need} has no URL: the secret ${secret} has no value, and none is kept`, {
        hint: `Set ${secret} in the environment or the secrets file.`,
      })
    }
    if (kind !== 'sqlite') {
      throw new Problem('need.not-here', `${need} is a ${kind}, and this version runs none by itself`, {
        hint: `Give it the name of a secret with its URL: ${kind}({ url: '${need.toUpperCase()}_URL' }).`,
      })
    }
    prepareSqlite(sqliteFile(this.#folder, need))
    return null
  }

  connectionsOf(release: Release, service: string): readonly NeedConnection[] {
    const { services, needs } = release.config
    return makeConnections(services[service]!, needs, (need): Place | null => {
      if (needs[need]!.kind === 'sqlite') return { file: sqliteFile(this.#folder, need) }
      const url = this.#urls.read(release.id, need)
      return url === null ? null : { url }
    })
  }
}
