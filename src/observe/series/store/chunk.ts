import { decoding } from '../../../core/damaged.ts'
import type { Folds } from '../columns.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { readNumbers, readTimes, writeNumbers, writeTimes } from './codec.ts'

/** The samples of one series within some time. */
export interface Chunk {
  readonly times: Float64Array
  readonly values: Float64Array
  readonly ends: Float64Array
}

export interface FoldedChunk extends Chunk {
  readonly folds: Omit<Folds, 'resolutionMs'>
}

export function encodeChunk(chunk: Chunk): Uint8Array {
  const to = new ByteWriter()
  writeChunk(to, chunk)
  return to.taken()
}

/** @throws DamagedError */
export function decodeChunk(bytes: Uint8Array): Chunk {
  return decoding(() => readChunk(new ByteReader(bytes)))
}

/** Which columns a folded chunk has depends on what its series is. */
const GAUGE = 1
const COUNTER = 2

export function encodeFolded({ folds, ...chunk }: FoldedChunk): Uint8Array {
  const { drops, spread, counts } = folds
  const to = new ByteWriter()
  to.byte((spread === null ? 0 : GAUGE) | (drops === null ? 0 : COUNTER))
  writeChunk(to, chunk)
  writeNumbers(to, counts)
  if (drops !== null) writeNumbers(to, drops)
  if (spread !== null) for (const column of [spread.minima, spread.maxima, spread.sums]) writeNumbers(to, column)
  const body = to.taken()
  const whole = new ByteWriter()
  whole.count(body.length)
  whole.bytes(body)
  return whole.taken()
}

/** Folded chunks stand one behind the other: an hour is added to a day without reading it. @throws DamagedError */
export function decodeFolded(bytes: Uint8Array): readonly FoldedChunk[] {
  return decoding(() => readFolded(bytes))
}

function readFolded(bytes: Uint8Array): readonly FoldedChunk[] {
  const all = new ByteReader(bytes)
  const chunks: FoldedChunk[] = []
  while (!all.isAtEnd) {
    const from = new ByteReader(all.bytes(all.count()))
    const columns = from.byte()
    const chunk = readChunk(from)
    const read = () => readNumbers(from, chunk.times.length)
    const counts = read()
    const drops = (columns & COUNTER) === 0 ? null : read()
    const spread = (columns & GAUGE) === 0 ? null : { minima: read(), maxima: read(), sums: read() }
    chunks.push({ ...chunk, folds: { drops, spread, counts } })
  }
  return chunks
}

function writeChunk(to: ByteWriter, { times, values, ends }: Chunk): void {
  to.count(times.length)
  writeTimes(to, times)
  writeNumbers(to, values)
  to.count(ends.length)
  writeTimes(to, ends)
}

function readChunk(from: ByteReader): Chunk {
  const count = from.count()
  const times = readTimes(from, count)
  const values = readNumbers(from, count)
  const ends = readTimes(from, from.count())
  return { times, values, ends }
}
