import { DamagedError } from '../../../core/damaged.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'

/**
 * Columns of numbers in few bytes. What rises or falls by whole steps (counts, bytes, hundredths of a second) is written as
 * its steps; what does not, as the bytes that differ from the number before. Runs of the same take two bytes.
 */
export function writeNumbers(to: ByteWriter, numbers: Float64Array): void {
  const decimals = decimalsOf(numbers)
  to.byte(decimals ?? BITS)
  if (decimals === null) writeBits(to, numbers)
  else writeSteps(to, numbers, 10 ** decimals)
}

/** @param count how many were written */
export function readNumbers(from: ByteReader, count: number): Float64Array {
  const numbers = columnOf(count)
  const decimals = from.byte()
  if (decimals === BITS) readBits(from, numbers)
  else readSteps(from, numbers, 10 ** decimals)
  return numbers
}

/** Times, mostly the same distance apart: the changes of that distance. */
export function writeTimes(to: ByteWriter, times: Float64Array): void {
  const distances = times.map((time, index) => (index === 0 ? 0 : time - times[index - 1]!))
  if (times.length > 0) to.float(times[0]!)
  writeSteps(to, distances, 1)
}

export function readTimes(from: ByteReader, count: number): Float64Array {
  const times = columnOf(count)
  if (count === 0) return times
  const first = from.float()
  readSteps(from, times, 1)
  times[0] = first
  for (let index = 1; index < count; index++) times[index]! += times[index - 1]!
  return times
}

/**
 * A few bytes that are no count may say any: on a machine that promises more memory than it has, 274 GB were filled with zeros.
 * No column is nearly as long: a batch holds what one pass took, a chunk an hour of one series.
 */
const COLUMN_MAX = 2 ** 20

function columnOf(count: number): Float64Array {
  if (count > COLUMN_MAX) throw new DamagedError(`a column of ${count} numbers`)
  return new Float64Array(count)
}

const BITS = 255
const DECIMALS_MAX = 4
/** Twice the difference of two such numbers is still exact. */
const STEP_MAX = 2 ** 50

/** With how many decimals all of them can be written exactly; null: not with so few. */
function decimalsOf(numbers: Float64Array): number | null {
  let decimals = 0
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index]!
    while (!isWhole(number, decimals)) if (++decimals > DECIMALS_MAX) return null
  }
  // More decimals may be too many for a number that came before.
  return numbers.every((number) => isWhole(number, decimals)) ? decimals : null
}

function isWhole(number: number, decimals: number): boolean {
  const factor = 10 ** decimals
  // Plus 0, so that a zero below zero is none of them.
  const whole = Math.round(number * factor) + 0
  return Math.abs(whole) <= STEP_MAX && Object.is(whole / factor, number)
}

function writeSteps(to: ByteWriter, numbers: Float64Array, factor: number): void {
  let before = 0
  let same = 0
  for (let index = 0; index < numbers.length; index++) {
    const whole = Math.round(numbers[index]! * factor)
    const step = whole - before
    before = whole
    if (step === 0) {
      same += 1
      continue
    }
    same = writeRun(to, same)
    to.count(step > 0 ? 2 * step : -2 * step - 1)
  }
  writeRun(to, same)
}

function readSteps(from: ByteReader, numbers: Float64Array, factor: number): void {
  let whole = 0
  for (let index = 0; index < numbers.length;) {
    const code = from.count()
    if (code === 0) {
      const end = Math.min(numbers.length, index + from.count() + 1)
      numbers.fill(whole / factor, index, end)
      index = end
    } else {
      whole += code % 2 === 0 ? code / 2 : -(code + 1) / 2
      numbers[index++] = whole / factor
    }
  }
}

const float = new Float64Array(1)
/** The halves of `float`: which is the upper one depends on the machine, the bytes written do not. */
const words = new Uint32Array(float.buffer)
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
const LOW = isLittleEndian ? 0 : 1
const HIGH = isLittleEndian ? 1 : 0

function writeBits(to: ByteWriter, numbers: Float64Array): void {
  let [highBefore, lowBefore, same] = [0, 0, 0]
  for (let index = 0; index < numbers.length; index++) {
    float[0] = numbers[index]!
    const high = (words[HIGH]! ^ highBefore) >>> 0
    const low = (words[LOW]! ^ lowBefore) >>> 0
    highBefore = words[HIGH]!
    lowBefore = words[LOW]!
    if (high === 0 && low === 0) {
      same += 1
      continue
    }
    same = writeRun(to, same)
    const leading = high === 0 ? 4 + (Math.clz32(low) >>> 3) : Math.clz32(high) >>> 3
    const trailing = low === 0 ? 4 + trailingBytes(high) : trailingBytes(low)
    to.byte(1 + leading * 8 + trailing)
    for (let byte = 7 - leading; byte >= trailing; byte--) {
      to.byte(byte >= 4 ? (high >>> ((byte - 4) * 8)) & 0xff : (low >>> (byte * 8)) & 0xff)
    }
  }
  writeRun(to, same)
}

function readBits(from: ByteReader, numbers: Float64Array): void {
  let [high, low] = [0, 0]
  for (let index = 0; index < numbers.length;) {
    const code = from.byte()
    const run = code === 0 ? from.count() + 1 : 1
    if (code !== 0) {
      const leading = (code - 1) >>> 3
      const trailing = (code - 1) & 7
      for (let byte = 7 - leading; byte >= trailing; byte--) {
        if (byte >= 4) high ^= from.byte() << ((byte - 4) * 8)
        else low ^= from.byte() << (byte * 8)
      }
    }
    words[HIGH] = high
    words[LOW] = low
    const end = Math.min(numbers.length, index + run)
    numbers.fill(float[0]!, index, end)
    index = end
  }
}

function trailingBytes(word: number): number {
  return (31 - Math.clz32(word & -word)) >>> 3
}

/** A zero and how many more of the same there are. Returns what is left to be written: none. */
function writeRun(to: ByteWriter, same: number): number {
  if (same > 0) {
    to.byte(0)
    to.count(same - 1)
  }
  return 0
}
