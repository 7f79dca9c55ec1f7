import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { matchesQuery, type LogQuery } from '../observe/logs/line.ts'
import { sourceOf } from '../observe/logs/source.ts'
import { parseLine, type ShownLine } from './log-lines.ts'

/** Read at once of one file; the rest comes with the next look. */
const CHUNK_BYTES = 256 * 1024
/** A line longer than this is cut there: one program must not fill our memory. */
const LINE_BYTES_MAX = 64 * 1024
const NEWLINE = 0x0a

/** Reads what a file gained since the last look, and notices when it was rotated by being emptied. */
export class FileTail {
  readonly source: string
  readonly #file: string
  readonly #timeOf: (offset: number) => number | null
  #offset = 0
  #rest: Buffer = Buffer.alloc(0)
  #lastAt: number

  constructor(file: string, source: string, from: 'start' | 'end') {
    this.#file = file
    this.source = source
    const found = statSync(file, { throwIfNoEntry: false })
    this.#lastAt = found?.birthtimeMs ?? Date.now()
    this.#timeOf = readMarks(`${file}.times`)
    if (from === 'end') this.#offset = found?.size ?? 0
  }

  /**
   * Whole lines since the last look. A line that carries no time of its own was written about now (`isLive`), or about when
   * control noted that the file had grown that far.
   */
  read(isLive: boolean): readonly ShownLine[] {
    const lines: ShownLine[] = []
    for (const { text, end } of this.#readLines()) {
      const noted = isLive ? Date.now() : this.#timeOf(end)
      const line = parseLine(text, this.source, noted ?? this.#lastAt)
      this.#lastAt = line.atMs
      lines.push(line)
    }
    return lines
  }

  *#readLines(): Generator<{ readonly text: string; readonly end: number }> {
    let descriptor: number
    try {
      descriptor = openSync(this.#file, 'r')
    } catch {
      return
    }
    try {
      if (fstatSync(descriptor).size < this.#offset) {
        this.#offset = 0
        this.#rest = Buffer.alloc(0)
      }
      const chunk = Buffer.alloc(CHUNK_BYTES)
      for (;;) {
        const count = readSync(descriptor, chunk, 0, CHUNK_BYTES, this.#offset)
        if (count === 0) return
        const bytes = Buffer.concat([this.#rest, chunk.subarray(0, count)])
        let end = this.#offset - this.#rest.length
        this.#offset += count
        let start = 0
        for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, start)) {
          const text = bytes.toString('utf8', start, at)
          end += at + 1 - start
          start = at + 1
          if (text.trim() !== '') yield { text, end }
        }
        this.#rest = bytes.subarray(start)
        if (this.#rest.length > LINE_BYTES_MAX) {
          yield { text: this.#rest.toString('utf8', 0, LINE_BYTES_MAX), end: this.#offset }
          this.#rest = Buffer.alloc(0)
        }
      }
    } finally {
      closeSync(descriptor)
    }
  }
}

/** Marks of control: `<bytes> <milliseconds>`, so many bytes had been written by then. Null where none covers the offset. */
function readMarks(file: string): (offset: number) => number | null {
  let marks: readonly (readonly [bytes: number, at: number])[] | null = null
  let next = 0
  return (offset) => {
    marks ??= parseMarks(file)
    // Offsets only grow, so the search goes on where it stopped.
    while (next < marks.length && marks[next]![0] < offset) next += 1
    return marks[next]?.[1] ?? null
  }
}

function parseMarks(file: string): readonly (readonly [number, number])[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return text
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .filter(([bytes = Number.NaN, at = Number.NaN]) => !Number.isNaN(bytes + at))
    .map(([bytes, at]) => [bytes!, at!] as const)
}

export interface LogFile {
  readonly file: string
  readonly source: string
  /** Rotated files carry a number: the higher, the older. */
  readonly age: number
}

/** Every output file of an environment, the oldest parts of each first; none before it was up. */
export function listLogFiles(stateFolder: string, query: LogQuery): readonly LogFile[] {
  const folder = join(stateFolder, 'logs')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .map((name) => /^(?<source>.+)\.log(?:\.(?<age>\d+))?$/.exec(name)?.groups)
    .filter((groups) => groups !== undefined)
    .map(({ source, age }) => ({
      file: join(folder, `${source}.log${age ? `.${age}` : ''}`),
      source: source!,
      age: Number(age ?? 0),
    }))
    .filter(({ source }) => query.service === undefined || sourceOf(source).service === query.service)
    .filter(({ source }) => query.instance === undefined || source === query.instance)
    .toSorted((one, other) => other.age - one.age || one.source.localeCompare(other.source))
}

/** The newest `count` lines over all files that match, in the order of their times. */
export function readLogs(stateFolder: string, query: LogQuery, count: number): readonly ShownLine[] {
  let lines: ShownLine[] = []
  for (const { file, source } of listLogFiles(stateFolder, query)) {
    const tail = new FileTail(file, source, 'start')
    // One by one: a file has more lines than a call takes arguments.
    for (const line of tail.read(false)) if (matchesQuery(line, query)) lines.push(line)
    if (lines.length > 4 * count) lines = newest(lines, count)
  }
  return newest(lines, count)
}

function newest(lines: readonly ShownLine[], count: number): ShownLine[] {
  return lines.toSorted((one, other) => one.atMs - other.atMs).slice(-count)
}
