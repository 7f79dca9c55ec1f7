import { countUpTo } from '../columns.ts'
import { encodeBatch, type Batch } from './batch.ts'
import { decodeChunk, decodeFolded, encodeFolded, type Chunk } from './chunk.ts'
import type { Entry } from './entry.ts'
import type { SeriesFile } from './file.ts'
import { DAY_MS, HOUR_MS } from './hours.ts'

/**
 * Forgets every sample at `fromMs` or later, on the disk and then in memory. An hour that was closed is opened again: what it
 * has before that instant goes back into memory and into the journal.
 * @returns up to when every sample is in a chunk afterwards
 */
export function cutFrom(
  file: SeriesFile,
  entries: readonly Entry[],
  { fromMs, closedMs }: { readonly fromMs: number; readonly closedMs: number },
): number {
  const openMs = Math.min(closedMs, Math.floor(fromMs / HOUR_MS) * HOUR_MS)
  const kept = entries.map((entry): Chunk => {
    const chunk = openMs < closedMs ? reopened(file, entry, openMs, fromMs) : entry.head.before(fromMs)
    // Its end lay in what is forgotten: it does not live again by that.
    return entry.newestMs < fromMs || entry.isLiving ? chunk : { ...chunk, ends: endedAt(chunk.ends, fromMs - 1) }
  })
  file.together(() => {
    if (openMs < closedMs) removeHours(file, entries, openMs)
    file.lowerNewest(fromMs - 1)
    file.removeBatches()
    const batch = batchOf(entries, kept)
    if (batch.ids.length + batch.endIds.length > 0) file.addBatch(fromMs - 1, encodeBatch(batch))
  })
  for (const [index, entry] of entries.entries()) {
    entry.head.replace(kept[index]!)
    entry.newestMs = Math.min(entry.newestMs, fromMs - 1)
    if (openMs < closedMs) entry.sealedValue = undefined
  }
  return openMs
}

function reopened(file: SeriesFile, entry: Entry, openMs: number, fromMs: number): Chunk {
  const bytes = file.chunk(openMs / HOUR_MS, entry.id)
  if (bytes === null) return { times: new Float64Array(0), values: new Float64Array(0), ends: new Float64Array(0) }
  const { times, values, ends } = decodeChunk(bytes)
  const count = countUpTo(times, fromMs - 1)
  return { times: times.slice(0, count), values: values.slice(0, count), ends: ends.filter((end) => end < fromMs) }
}

function endedAt(ends: Float64Array, atMs: number): Float64Array {
  return ends.at(-1) === atMs ? ends : Float64Array.from([...ends, atMs])
}

function removeHours(file: SeriesFile, entries: readonly Entry[], openMs: number): void {
  const day = Math.floor(openMs / DAY_MS)
  for (const { id } of entries) {
    const bytes = file.folded(day, id)
    if (bytes === null) continue
    const before = decodeFolded(bytes).filter(({ times, ends }) => (times[0] ?? ends[0] ?? openMs) < openMs)
    file.putFolded(day, id, Buffer.concat(before.map(encodeFolded)))
  }
  file.removeDaysFrom(day + 1)
  file.removeHoursFrom(openMs / HOUR_MS)
  file.setFact('closed_ms', openMs)
  if ((file.fact('raw_from_ms') ?? -Infinity) > openMs) file.setFact('raw_from_ms', openMs)
}

function batchOf(entries: readonly Entry[], kept: readonly Chunk[]): Batch {
  const column = (of: (chunk: Chunk, id: number) => Iterable<number>): Float64Array =>
    Float64Array.from(kept.flatMap((chunk, index) => [...of(chunk, entries[index]!.id)]))
  return {
    ids: column(({ times }, id) => times.map(() => id)),
    times: column(({ times }) => times),
    values: column(({ values }) => values),
    endIds: column(({ ends }, id) => ends.map(() => id)),
    endTimes: column(({ ends }) => ends),
  }
}
