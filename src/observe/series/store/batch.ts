import { decoding } from '../../../core/damaged.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { readNumbers, readTimes, writeNumbers, writeTimes } from './codec.ts'

/** Samples of many series, in the order they came. `ids` name the series. */
export interface Batch {
  readonly ids: Float64Array
  readonly times: Float64Array
  readonly values: Float64Array
  readonly endIds: Float64Array
  readonly endTimes: Float64Array
}

/** A batch as a row of the journal. */
export function encodeBatch({ ids, times, values, endIds, endTimes }: Batch): Uint8Array {
  const to = new ByteWriter()
  to.count(ids.length)
  writeNumbers(to, ids)
  writeTimes(to, times)
  writeNumbers(to, values)
  to.count(endIds.length)
  writeNumbers(to, endIds)
  writeTimes(to, endTimes)
  return to.taken()
}

/** @throws DamagedError */
export function decodeBatch(bytes: Uint8Array): Batch {
  return decoding(() => readBatch(bytes))
}

function readBatch(bytes: Uint8Array): Batch {
  const from = new ByteReader(bytes)
  const count = from.count()
  const ids = readNumbers(from, count)
  const times = readTimes(from, count)
  const values = readNumbers(from, count)
  const ended = from.count()
  const endIds = readNumbers(from, ended)
  return { ids, times, values, endIds, endTimes: readTimes(from, ended) }
}
