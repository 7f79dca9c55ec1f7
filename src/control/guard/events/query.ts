import { open, type FileHandle } from 'node:fs/promises'
import { eventFiles, RECORD_BYTES_MAX } from './files.ts'
import { lastMsOf, type EventRecord } from './record.ts'

/** The most events that one question is answered with. */
export const EVENTS_MAX = 10_000
const CHUNK_BYTES = 256 * 1024

export interface EventFilter {
  /** Milliseconds since the epoch. */
  readonly sinceMs?: number
  readonly untilMs?: number
  readonly kind?: string
  readonly class?: string
  /** An address: the whole of it, as it stands in the event. */
  readonly client?: string
  /** The beginning of a path, on segment borders. */
  readonly route?: string
  /** Only those after this number. */
  readonly after?: number
}

/**
 * The newest events that fit, the oldest of them first. Needs no control: it reads the files, from their end, a piece at a time,
 * so that whoever else runs in this process gets a turn.
 */
export async function newestEvents(
  stateFolder: string,
  filter: EventFilter,
  limit: number,
): Promise<readonly EventRecord[]> {
  const found: EventRecord[] = []
  const max = Math.min(limit, EVENTS_MAX)
  for (const { path } of eventFiles(stateFolder).toReversed()) {
    const handle = await openIfThere(path)
    if (handle === null) continue
    try {
      for await (const lines of linesFromEnd(handle)) {
        for (let at = lines.length - 1; at >= 0; at--) {
          const record = parse(lines[at]!)
          if (record === null) continue
          if (isBefore(record, filter)) return found.toReversed()
          if (fits(record, filter)) found.push(record)
          if (found.length >= max) return found.toReversed()
        }
      }
    } finally {
      await handle.close()
    }
  }
  return found.toReversed()
}

/** Whole lines, piece by piece from the end of the file; each piece in the file's order. */
async function* linesFromEnd(handle: FileHandle): AsyncGenerator<readonly string[]> {
  let end = (await handle.stat()).size
  let rest: Buffer = Buffer.alloc(0)
  while (end > 0) {
    const start = Math.max(0, end - CHUNK_BYTES)
    const bytes = Buffer.alloc(end - start)
    await handle.read(bytes, 0, bytes.length, start)
    const piece = Buffer.concat([bytes, rest])
    // What stands before the first newline goes on in the piece before.
    const first = start === 0 ? 0 : piece.indexOf(10) + 1
    rest = first === 0 ? (start === 0 ? Buffer.alloc(0) : piece) : piece.subarray(0, first)
    if (rest.length > CHUNK_BYTES + RECORD_BYTES_MAX) return
    if (first > 0 || start === 0) {
      const lines = piece.subarray(first).toString('utf8').split('\n')
      // A last line without its end is being written, or was cut by a crash.
      lines.pop()
      yield lines
    }
    end = start
  }
}

/** Everything before is older still. */
function isBefore(record: EventRecord, { sinceMs, after }: EventFilter): boolean {
  if (after !== undefined && record.sequence <= after) return true
  // Events are written in the order they come in, which is nearly the order of their times.
  return sinceMs !== undefined && lastMsOf(record) < sinceMs - ORDER_SLACK_MS
}

const ORDER_SLACK_MS = 60_000

function fits(record: EventRecord, { sinceMs, untilMs, kind, class: threat, client, route }: EventFilter): boolean {
  if (sinceMs !== undefined && lastMsOf(record) < sinceMs) return false
  if (untilMs !== undefined && Date.parse(record.time) > untilMs) return false
  if (kind !== undefined && record.kind !== kind) return false
  if (threat !== undefined && record.class !== threat) return false
  if (client !== undefined && record.client !== client) return false
  return route === undefined || isBelow(record.path, route)
}

function isBelow(path: string, route: string): boolean {
  const prefix = route.replace(/\/+$/, '')
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}

function parse(line: string): EventRecord | null {
  try {
    const record = JSON.parse(line) as Partial<EventRecord> | null
    return typeof record?.kind === 'string' && typeof record.time === 'string' ? (record as EventRecord) : null
  } catch {
    // Whether it is what was written is for `--verify` to say.
    return null
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r')
  } catch (error) {
    // Taken away because of its age, a moment ago.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
