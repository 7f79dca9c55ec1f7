import { write, writeSync } from 'node:fs'
import { inOnePiece } from '../http1/index.ts'

/** One request, as it stands in the log. `path` has no query: secrets travel there. */
export interface AccessLine {
  readonly id: string
  /** 32 hexadecimal digits; empty: the request got no further than the listener. */
  readonly trace?: string
  readonly method: string
  readonly path: string
  readonly status: number
  /** Written to the microsecond. */
  readonly durationMs: number
  readonly service: string | null
  readonly instance: string | null
  readonly release: string
  readonly bytes: number
  readonly client: string
  /** How long of `durationMs` a pause has held it; null or absent: not at all. */
  readonly heldMs?: number | null
  readonly aborted?: boolean
}

/** Written at once when this much has gathered … */
export const FLUSH_BYTES = 64 * 1024
/** … or after this long. */
export const FLUSH_MS = 100
/** More is not kept for a disk that does not follow: lines are dropped and their number is told. */
export const PENDING_BYTES_MAX = 8 * 1024 * 1024

export interface LineWriter {
  write(line: string): void
  /** Writes what is left before it returns; for the end of the process. */
  flushSync(): void
}

/** Gathers lines and writes them to `descriptor` without ever making a request wait for the disk. */
export function createLineWriter(descriptor: number): LineWriter {
  let pending: string[] = []
  let pendingBytes = 0
  let writing: Buffer | null = null
  let dropped = 0
  let timer: NodeJS.Timeout | undefined
  return {
    write(line) {
      if (pendingBytes + line.length > PENDING_BYTES_MAX) {
        dropped += 1
        return
      }
      pending.push(line)
      pendingBytes += line.length
      if (pendingBytes >= FLUSH_BYTES) flush()
      else timer ??= setTimeout(flush, FLUSH_MS).unref()
    },
    flushSync() {
      const rest = Buffer.concat([writing ?? Buffer.alloc(0), take()])
      writing = null
      try {
        for (let done = 0; done < rest.length;) done += writeSync(descriptor, rest, done)
      } catch {
        // Nobody is left who could be told.
      }
    },
  }

  function take(): Buffer {
    clearTimeout(timer)
    timer = undefined
    if (dropped > 0)
      pending.push(JSON.stringify({ level: 'warn', part: 'access', message: 'lines were dropped', dropped }) + '\n')
    dropped = 0
    const bytes = Buffer.from(pending.join(''))
    pending = []
    pendingBytes = 0
    return bytes
  }

  function flush(): void {
    if (writing !== null) return
    const bytes = take()
    if (bytes.length > 0) put(bytes)
  }

  function put(bytes: Buffer): void {
    writing = bytes
    write(descriptor, bytes, 0, bytes.length, null, (error, written) => {
      // flushSync has taken over.
      if (writing !== bytes) return
      writing = null
      if (error?.code === 'EAGAIN') return void setTimeout(() => put(bytes), FLUSH_MS).unref()
      if (error === null && written < bytes.length) return put(bytes.subarray(written))
      if (pendingBytes > 0) flush()
    })
  }
}

/** An access line as it is written: JSON, put together by hand, since stringifying an object costs three times as much. */
export function formatAccessLine(line: AccessLine): string {
  const { trace, heldMs } = line
  const traced = trace === undefined || trace === '' ? ',' : ',"trace":"' + trace + '",'
  const held = heldMs === undefined || heldMs === null ? '' : `,"heldMs":${heldMs}`
  const end = line.aborted === true ? ',"aborted":true}\n' : '}\n'
  return (
    beginning() +
    quoted(line.id) +
    traced +
    methodPart(line.method) +
    quoted(line.path) +
    statusPart(line.status) +
    milliseconds(line.durationMs) +
    placePart(line) +
    line.bytes +
    clientPart(line.client) +
    held +
    end
  )
}

// What is the same for most lines is put together once, in one piece: of a line in twenty pieces, putting them together is most of
// what it costs.

let millisecond = 0
let begun = ''

function beginning(): string {
  const now = Date.now()
  if (now !== millisecond) {
    millisecond = now
    begun = inOnePiece(`{"time":"${new Date(now).toISOString()}","level":"info","part":"access","id":`)
  }
  return begun
}

let lastMethod: string | null = null
let lastMethodPart = ''

function methodPart(method: string): string {
  if (method !== lastMethod) {
    lastMethod = method
    lastMethodPart = inOnePiece(`"method":${quoted(method)},"path":`)
  }
  return lastMethodPart
}

let lastStatus = -1
let lastStatusPart = ''

function statusPart(status: number): string {
  if (status !== lastStatus) {
    lastStatus = status
    lastStatusPart = inOnePiece(`,"status":${status},"durationMs":`)
  }
  return lastStatusPart
}

let lastPlace: Pick<AccessLine, 'service' | 'instance' | 'release'> | null = null
let lastPlacePart = ''

function placePart({ service, instance, release }: AccessLine): string {
  if (lastPlace?.service !== service || lastPlace.instance !== instance || lastPlace.release !== release) {
    lastPlace = { service, instance, release }
    const of = `,"service":${orNull(service)},"instance":${orNull(instance)}`
    lastPlacePart = inOnePiece(`${of},"release":${quoted(release)},"bytes":`)
  }
  return lastPlacePart
}

let lastClient: string | null = null
let lastClientPart = ''

function clientPart(client: string): string {
  if (client !== lastClient) {
    lastClient = client
    lastClientPart = inOnePiece(`,"client":${quoted(client)}`)
  }
  return lastClientPart
}

function orNull(text: string | null): string {
  return text === null ? 'null' : quoted(text)
}

/** To the microsecond. From whole numbers, since making the shortest text of a fraction costs as much as the rest of the line. */
function milliseconds(ms: number): string {
  const us = Math.round(ms * 1e3)
  const whole = Math.floor(us / 1e3)
  const rest = us - whole * 1e3
  return rest === 0 ? `${whole}` : `${whole}.${THOUSANDTHS[rest]}`
}

/** Behind the point, without zeros at the end. */
const THOUSANDTHS: readonly string[] = Array.from({ length: 1000 }, (_, rest) =>
  String(rest).padStart(3, '0').replace(/0+$/, ''),
)

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

/** Nothing in it has to be escaped. */
const PLAIN = /^[\u0020\u0021\u0023-\u005b\u005d-\u007e]*$/
