import type { LogQuery } from '../observe/logs/line.ts'
import { matchesQuery } from '../observe/logs/line.ts'
import { FileTail, listLogFiles } from './log-files.ts'
import { printLine } from './log-text.ts'

const LOOK_EVERY_MS = 150

export interface FollowOptions {
  readonly stateFolder: string
  readonly query?: LogQuery
  readonly json: boolean
  readonly signal: AbortSignal
  /** Only lines after this: those up to it have been shown. @default what is written from now on */
  readonly afterMs?: number | null
}

/** Prints lines of the output files as they are written, from files that appear later too, until the signal aborts. */
export async function followFiles({ stateFolder, query = {}, json, signal, afterMs }: FollowOptions): Promise<void> {
  const tails = new Map<string, FileTail>()
  let from: 'start' | 'end' = afterMs === undefined || afterMs === null ? 'end' : 'start'
  let isLive = from === 'end'
  while (!signal.aborted) {
    for (const { file, source, age } of listLogFiles(stateFolder, query)) {
      if (age === 0 && !tails.has(file)) tails.set(file, new FileTail(file, source, from))
    }
    from = 'start'
    const lines = [...tails.values()].flatMap((tail) => tail.read(isLive)).filter((line) => matchesQuery(line, query))
    const unseen = isLive ? lines : lines.filter(({ atMs }) => atMs > (afterMs ?? 0))
    isLive = true
    for (const line of unseen.toSorted((one, other) => one.atMs - other.atMs)) printLine(line, json)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
