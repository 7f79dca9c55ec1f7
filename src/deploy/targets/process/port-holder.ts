import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { listListeners } from './listeners.ts'

/** Who listens on a port: `pid 12, node server.js`, where we may look; else empty. */
export function holderOf(port: number): string {
  const inodes = new Set(listListeners().flatMap((one) => (one.port === port ? [`socket:[${one.inode}]`] : [])))
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`)))) continue
      return `pid ${pid}, ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()}`
    } catch {
      // Gone meanwhile, or not ours to look at.
    }
  }
  return ''
}
