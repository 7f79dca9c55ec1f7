/**
 * Asks one question once, in a process of its own whose files were put out of the page cache: `node cold.ts FOLDER QUERY`. Says
 * how long it took and what was read for it.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { LogQuery } from '../../src/observe/logs/line.ts'
import { LogStore } from '../../src/observe/logs/store/store.ts'
import { waitedMs } from './waited.ts'

export interface Cold {
  readonly found: number
  /** To open the store, as control does when it begins. */
  readonly openMs: number
  readonly ms: number
  /** Of `ms`: waiting for a processor that others had. */
  readonly waitedMs: number
  readonly reads: number
  /** From the disk. Nothing: it was not cold, as on a file system in memory. */
  readonly readKiB: number
}

if (import.meta.main) {
  const [folder, query] = process.argv.slice(2)
  process.stdout.write(JSON.stringify(askCold(folder!, JSON.parse(query!) as LogQuery)))
}

function askCold(folder: string, query: LogQuery): Cold {
  evict(folder)
  const opening = performance.now()
  const store = new LogStore(folder)
  const openMs = performance.now() - opening
  evict(folder)
  const [reads, bytes] = readSoFar()
  const [began, waited] = [performance.now(), waitedMs()]
  const { lines } = store.search(query)
  const ms = performance.now() - began
  const waitedForMs = waitedMs() - waited
  const [readsNow, bytesNow] = readSoFar()
  store.close()
  const readKiB = (bytesNow - bytes) / 1024
  return { found: lines.length, openMs, ms, waitedMs: waitedForMs, reads: readsNow - reads, readKiB }
}

/** Takes the files out of the page cache, as after a night: `dd` can say so for one file without being root. */
function evict(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = `of=${join(folder, name)}`
    execFileSync('dd', [file, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'])
  }
}

/** Read calls of this process, and the bytes that a disk had to give for them. */
function readSoFar(): readonly [number, number] {
  const text = readFileSync('/proc/self/io', 'utf8')
  const of = (name: string): number => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1] ?? 0)
  return [of('syscr'), of('read_bytes')]
}
