import { readFile } from 'node:fs/promises'
import { feedFileOf, readFeed, readSavedFeed } from '../guard/reputation/feed-file.ts'
import type { NetworkSet } from '../guard/reputation/network-set.ts'
import type { Reputation } from '../guard/reputation/reputation.ts'

/** The networks of the policy's feeds in one worker, as control has saved them. */
export interface FeedSets {
  /** These are the policy's feeds. What is not known yet is read at once: nothing is served before it holds. */
  want(urls: readonly string[]): void
  /** Control has saved this feed anew. Until it is read, the networks of before hold. */
  reload(url: string): Promise<void>
}

export function createFeedSets(stateFolder: string, reputation: Reputation): FeedSets {
  let sets = new Map<string, NetworkSet | null>()
  return {
    want(urls) {
      if (urls.length === sets.size && urls.every((url) => sets.has(url))) return
      sets = new Map(urls.map((url) => [url, sets.get(url) ?? readSavedFeed(stateFolder, url)]))
      put()
    },
    async reload(url) {
      if (!sets.has(url)) return
      const text = await readFile(feedFileOf(stateFolder, url), 'utf8').catch(() => '')
      const networks = readFeed(text)
      if (networks === null || !sets.has(url)) return
      sets.set(url, networks)
      put()
    },
  }

  function put(): void {
    reputation.replaceFeeds([...sets].flatMap(([url, networks]) => (networks === null ? [] : [{ url, networks }])))
  }
}
