import { countUpTo } from '../columns.ts'
import { decodeChunk, encodeChunk, encodeFolded, type Chunk } from './chunk.ts'
import type { Entry } from './entry.ts'
import type { SeriesFile } from './file.ts'
import { fold } from './fold.ts'

export const HOUR_MS = 3_600_000
const HOURS_PER_DAY = 24
export const DAY_MS = HOURS_PER_DAY * HOUR_MS

/** Hours that are over: their samples go from the journal into chunks, and folded into the days; the old is forgotten. */
export function closeHours(
  file: SeriesFile,
  entries: readonly Entry[],
  {
    untilMs,
    hoursFromMs,
    daysFromMs,
    bytesMax,
  }: {
    readonly untilMs: number
    readonly hoursFromMs: number
    readonly daysFromMs: number
    readonly bytesMax: number
  },
): void {
  const sealed = new Map<Entry, number>()
  file.together(() => {
    for (const entry of entries) {
      for (const [hour, chunk] of byHour(entry.head.before(untilMs))) {
        writeHour(file, entry, { hour, chunk, before: sealed.get(entry) ?? sealedValueOf(file, entry, hour) })
        const last = chunk.values.at(-1)
        if (last !== undefined) sealed.set(entry, last)
        file.noteNewest(entry.id, entry.newestMs)
      }
    }
    file.setFact('closed_ms', untilMs)
    file.removeBatchesBefore(untilMs)
    file.removeHoursBefore(Math.floor(hoursFromMs / HOUR_MS))
    file.removeDaysBefore(Math.floor(daysFromMs / DAY_MS))
    file.removeSeriesBefore(daysFromMs)
    makeRoom(file, bytesMax)
  })
  for (const entry of entries) entry.head.dropBefore(untilMs)
  for (const [entry, value] of sealed) entry.sealedValue = value
}

function writeHour(
  file: SeriesFile,
  { id, isRising }: Entry,
  { hour, chunk, before }: { readonly hour: number; readonly chunk: Chunk; readonly before: number | null },
): void {
  file.addChunk(hour, id, encodeChunk(chunk))
  const day = Math.floor(hour / HOURS_PER_DAY)
  const hours = [file.folded(day, id) ?? new Uint8Array(0), encodeFolded(fold(chunk, { isRising, before }))]
  file.putFolded(day, id, Buffer.concat(hours))
}

/** Beyond the bound the oldest goes first: whole samples before folded ones, which say more in less. */
function makeRoom(file: SeriesFile, bytesMax: number): void {
  while (file.sizeBytes > bytesMax) {
    const hour = file.oldestHour()
    const day = file.oldestDay()
    if (hour !== null) {
      file.removeHoursBefore(hour + 1)
      file.setFact('raw_from_ms', (hour + 1) * HOUR_MS)
    } else if (day !== null) file.removeDaysBefore(day + 1)
    else return
  }
}

/** The last value before an hour, so that a reset between two hours is known of; null: there is none near. */
function sealedValueOf(file: SeriesFile, entry: Entry, hour: number): number | null {
  if (entry.sealedValue !== undefined) return entry.sealedValue
  const before = file.chunk(hour - 1, entry.id)
  return before === null ? null : (decodeChunk(before).values.at(-1) ?? null)
}

function byHour({ times, values, ends }: Chunk): readonly (readonly [hour: number, chunk: Chunk])[] {
  const all = [times.at(0), times.at(-1), ends.at(0), ends.at(-1)].filter((atMs) => atMs !== undefined)
  const isOne = new Set(all.map(hourOf)).size < 2
  const hours = isOne
    ? all.slice(0, 1).map(hourOf)
    : [...new Set([...times, ...ends].map(hourOf))].toSorted((a, b) => a - b)
  return hours.map((hour) => {
    const [first, end] = [countUpTo(times, hour * HOUR_MS - 1), countUpTo(times, (hour + 1) * HOUR_MS - 1)]
    const chunk = {
      times: times.subarray(first, end),
      values: values.subarray(first, end),
      ends: ends.filter((atMs) => hourOf(atMs) === hour),
    }
    return [hour, chunk] as const
  })
}

function hourOf(atMs: number): number {
  return Math.floor(atMs / HOUR_MS)
}
