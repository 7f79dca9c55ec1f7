import type { Columns } from '../columns.ts'
import { decodeChunk, decodeFolded, type Chunk, type FoldedChunk } from './chunk.ts'
import type { Entry } from './entry.ts'
import type { SeriesFile } from './file.ts'
import { FOLD_MS } from './fold.ts'
import { DAY_MS, HOUR_MS } from './hours.ts'

interface Within {
  readonly fromMs: number
  readonly toMs: number
}

/** The samples of a series from its chunks and its head. What lies around the time asked for may be among them. */
export function readRaw(file: SeriesFile, entry: Entry, { fromMs, toMs }: Within): Columns {
  const { metric, labels, head } = entry
  const chunks: Chunk[] = []
  const oldest = file.oldestHour()
  if (oldest !== null) {
    for (let hour = Math.max(oldest, Math.floor(fromMs / HOUR_MS)); hour * HOUR_MS <= toMs; hour++) {
      const bytes = file.chunk(hour, entry.id)
      if (bytes !== null) chunks.push(decodeChunk(bytes))
    }
  }
  return { metric, labels, ...joined([...chunks, head.held()]), folds: null }
}

/** The folded samples of a series, and behind them those of its head as they are: the newest is never minutes old. */
export function readFolded(file: SeriesFile, entry: Entry, { fromMs, toMs }: Within): Columns {
  const { metric, labels, head, isRising } = entry
  const chunks: FoldedChunk[] = []
  const oldest = file.oldestDay()
  if (oldest !== null) {
    for (let day = Math.max(oldest, Math.floor(fromMs / DAY_MS)); day * DAY_MS <= toMs; day++) {
      const bytes = file.folded(day, entry.id)
      if (bytes !== null) chunks.push(...decodeFolded(bytes))
    }
  }
  chunks.push(asFolded(head.held(), isRising))
  const column = (of: (chunk: FoldedChunk) => Float64Array) => concatenated(chunks.map(of))
  return {
    metric,
    labels,
    ...joined(chunks),
    folds: {
      resolutionMs: FOLD_MS,
      counts: column(({ folds }) => folds.counts),
      drops: isRising ? column(({ folds, times }) => folds.drops ?? times.map(() => 0)) : null,
      spread: isRising
        ? null
        : {
            minima: column(({ folds, values }) => folds.spread?.minima ?? values),
            maxima: column(({ folds, values }) => folds.spread?.maxima ?? values),
            sums: column(({ folds, values }) => folds.spread?.sums ?? values),
          },
    },
  }
}

/** Samples that nobody has folded yet: each stands for itself. */
function asFolded(chunk: Chunk, isRising: boolean): FoldedChunk {
  const { times, values } = chunk
  const spread = isRising ? null : { minima: values, maxima: values, sums: values }
  return { ...chunk, folds: { counts: times.map(() => 1), drops: isRising ? times.map(() => 0) : null, spread } }
}

function joined(chunks: readonly Chunk[]): Chunk {
  return {
    times: concatenated(chunks.map(({ times }) => times)),
    values: concatenated(chunks.map(({ values }) => values)),
    ends: concatenated(chunks.map(({ ends }) => ends)),
  }
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
