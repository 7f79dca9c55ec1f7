import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../core/clock.ts'
import { checkRecord, linkRecord, recordText, type ChainHead } from '../../../core/hash-chain.ts'
import { messageOf } from '../../../core/problem.ts'
import type { SecurityEvent } from '../../../guard/event.ts'
import type { State } from '../../state.ts'
import { cutTornLine, eventFileOf, eventFiles, EVENTS_FOLDER, lastLineOf, sizeOf, type EventFile } from './files.ts'
import { contentOf, controlEvent, type EventContent } from './record.ts'

/** A file that has grown to this, or is so old, is closed; the chain goes on in the next. */
export const FILE_BYTES_MAX = 16 * 1024 * 1024
export const FILE_AGE_MAX_MS = 24 * 60 * 60_000
/** Closed files go, oldest first, when all together are larger, or when their newest record is older. */
export const LOG_BYTES_MAX = 256 * 1024 * 1024
export const LOG_AGE_MAX_MS = 90 * 24 * 60 * 60_000
/** How soon after a record the state knows the new end of the log: what is cut off after that is found. */
export const HEAD_EVERY_MS = 250
const RETRY_MS = 1_000
/** Events that wait for room on the disk; workers keep theirs meanwhile, and count. */
const WAITING_MAX = 20_000

export interface EventLogOptions {
  readonly folder: string
  readonly state: State
  readonly clock: Clock
  /** Told once when it cannot be written any more, and once when it can again. */
  readonly onTrouble: (text: string) => void
  readonly fileBytesMax?: number
  readonly fileAgeMaxMs?: number
  readonly logBytesMax?: number
  readonly logAgeMaxMs?: number
}

interface Waiting {
  readonly contents: readonly EventContent[]
  readonly done: () => void
}

/**
 * The security events' one writer. A record is in the file when `append` resolves, so it survives the end of this process;
 * it is on the disk a moment later, with HEAD_EVERY_MS at most in between, and then the head in state.db names it.
 */
export class EventLog {
  readonly #options: Required<EventLogOptions>
  #head: ChainHead
  #savedHead: ChainHead
  #handle: FileHandle | null = null
  #file: EventFile | null
  #fileBytes = 0
  #fileSinceMs: number
  #waiting: Waiting[] = []
  #waitingCount = 0
  #dropped = 0
  #writing: Promise<void> | null = null
  #saver: NodeJS.Timeout | undefined
  #savedAtMs = Number.NEGATIVE_INFINITY
  #isInTrouble = false
  #closed = false

  constructor(options: EventLogOptions) {
    this.#options = {
      fileBytesMax: FILE_BYTES_MAX,
      fileAgeMaxMs: FILE_AGE_MAX_MS,
      logBytesMax: LOG_BYTES_MAX,
      logAgeMaxMs: LOG_AGE_MAX_MS,
      ...options,
    }
    const { folder, state, clock } = this.#options
    mkdirSync(join(folder, EVENTS_FOLDER), { recursive: true, mode: 0o700 })
    this.#file = eventFiles(folder).at(-1) ?? null
    this.#fileSinceMs = clock.now()
    this.#savedHead = this.#head = state.get('securityHead')
    this.#mend()
  }

  /** The newest record. */
  get head(): ChainHead {
    return this.#head
  }

  /** Events that wait to be written. */
  get waiting(): number {
    return this.#waitingCount
  }

  get bytes(): number {
    return eventFiles(this.#options.folder).reduce((sum, { path }) => sum + sizeOf(path), 0)
  }

  /** Resolves when all of them are in the file. On a full disk that is when there is room again. */
  append(events: readonly SecurityEvent[]): Promise<void> {
    if (events.length === 0) return Promise.resolve()
    if (this.#waitingCount + events.length > WAITING_MAX) {
      this.#dropped += events.length
      return Promise.resolve()
    }
    return this.#enqueue(events.map(contentOf))
  }

  /** Takes away what is too old or too much, and says so in the log. */
  async retain(): Promise<void> {
    await this.#writing
    const { folder, clock, logBytesMax, logAgeMaxMs } = this.#options
    const closed = eventFiles(folder).slice(0, -1)
    let bytes = this.bytes
    const gone: EventFile[] = []
    for (const file of closed) {
      const { mtimeMs, size } = statSync(file.path)
      if (bytes <= logBytesMax && clock.now() - mtimeMs <= logAgeMaxMs) break
      bytes -= size
      gone.push(file)
    }
    const last = gone.at(-1)
    const line = last === undefined ? null : lastLineOf(last.path)
    if (line === null) return
    const { sequence, hash } = JSON.parse(line) as ChainHead
    const event = controlEvent('events-retired', clock.now(), {
      reason: `records up to ${sequence} were taken away: ${gone.length} files`,
    })
    // Said before it is done: a crash in between leaves files that may go, never a gap that nobody explains.
    await this.#enqueue([{ ...contentOf(event), through: { sequence, hash } }])
    await this.#handle?.datasync()
    this.#saveHead(this.#head)
    for (const { path } of gone) rmSync(path, { force: true })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#writing
    clearTimeout(this.#saver)
    await this.#handle?.datasync()
    await this.#handle?.close()
    this.#handle = null
    this.#saveHead(this.#head)
  }

  #enqueue(contents: readonly EventContent[]): Promise<void> {
    this.#waitingCount += contents.length
    return new Promise((done) => {
      this.#waiting.push({ contents, done })
      this.#writing ??= this.#write()
    })
  }

  /** Takes in what was written after the head was saved, and cuts off the part of a record that a crash has left. */
  #mend(): void {
    const { clock } = this.#options
    const file = this.#file
    const torn = file === null ? 0 : cutTornLine(file.path)
    const isWhole = file === null ? this.#head.sequence === 0 : this.#adopt()
    if (file !== null) {
      this.#fileBytes = sizeOf(file.path)
      this.#fileSinceMs = Math.min(clock.now(), statSync(file.path).birthtimeMs)
    }
    if (!isWhole) {
      // Left as it is, for `--verify` to find: the chain goes on from what was known, in a file of its own.
      this.#file = null
      this.#options.onTrouble('the security events do not end with their newest record: see guard events --verify')
    }
    if (torn === 0) return
    const reason = `${torn} bytes of a record that a crash had cut were taken off`
    void this.append([controlEvent('events-mended', clock.now(), { reason })])
  }

  /** Follows the records behind the saved head, over the files that hold them. False: the saved head is not there. */
  #adopt(): boolean {
    const { folder } = this.#options
    const saved = this.#savedHead
    let isKnown = saved.sequence === 0
    let head = saved
    const files = eventFiles(folder)
    const from = files.findLastIndex(({ first }) => first <= Math.max(saved.sequence, 1))
    for (const { path } of files.slice(Math.max(0, from))) {
      for (const line of readFileSync(path, 'utf8').split('\n')) {
        if (line === '') continue
        if (isKnown) {
          const checked = checkRecord(line, head)
          if (!checked.ok) return false
          head = checked.head
        } else isKnown = line.includes(`"hash":"${saved.hash}"`)
      }
    }
    if (isKnown) this.#head = head
    return isKnown
  }

  async #write(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      try {
        await this.#writeOne(next.contents)
        this.#waiting.shift()
        this.#waitingCount -= next.contents.length
        next.done()
        this.#tellTrouble(null)
      } catch (error) {
        this.#tellTrouble(error)
        if (this.#closed) break
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref())
      }
    }
    this.#writing = null
  }

  async #writeOne(contents: readonly EventContent[]): Promise<void> {
    await this.#turnFile()
    let head = this.#head
    const lines = contents.map((content) => {
      const record = linkRecord(content, head)
      head = { sequence: record.sequence, hash: record.hash }
      return recordText(record) + '\n'
    })
    const bytes = Buffer.from(lines.join(''))
    const handle = this.#handle!
    try {
      for (let written = 0; written < bytes.length;) {
        written += (await handle.write(bytes, written, bytes.length - written, this.#fileBytes + written)).bytesWritten
      }
    } catch (error) {
      await handle.truncate(this.#fileBytes)
      throw error
    }
    this.#fileBytes += bytes.length
    this.#head = head
    this.#saveHeadSoon()
  }

  /** Opens the file that is written to; a new one where the last is full or old. */
  async #turnFile(): Promise<void> {
    const { folder, clock, fileBytesMax, fileAgeMaxMs } = this.#options
    const isFull = this.#fileBytes >= fileBytesMax || clock.now() - this.#fileSinceMs >= fileAgeMaxMs
    if (this.#file !== null && isFull && this.#fileBytes > 0) {
      const full = this.#handle
      // Not to be synced by anybody else from here on: it is being closed.
      await full?.datasync()
      this.#handle = null
      this.#file = null
      await full?.close()
    }
    if (this.#file === null) {
      const first = this.#head.sequence + 1
      const path = eventFileOf(folder, first)
      this.#file = { name: '', path, first }
      this.#fileBytes = sizeOf(path)
      this.#fileSinceMs = clock.now()
    }
    this.#handle ??= await open(this.#file.path, this.#fileBytes === 0 ? 'w' : 'r+', 0o600)
  }

  #saveHeadSoon(afterMs: number = HEAD_EVERY_MS): void {
    if (this.#saver !== undefined || this.#closed) return
    const wait = Math.max(0, this.#savedAtMs + afterMs - Date.now())
    this.#saver = setTimeout(() => void this.#syncAndSave(), wait)
  }

  /** The head in the state names only what is on the disk. */
  async #syncAndSave(): Promise<void> {
    const head = this.#head
    let nextMs = HEAD_EVERY_MS
    try {
      this.#savedAtMs = Date.now()
      await this.#handle?.datasync()
      this.#saveHead(head)
    } catch (error) {
      this.#tellTrouble(error)
      nextMs = RETRY_MS
    }
    this.#saver = undefined
    if (this.#savedHead.sequence !== this.#head.sequence) this.#saveHeadSoon(nextMs)
  }

  #saveHead(head: ChainHead): void {
    if (this.#savedHead.sequence === head.sequence) return
    this.#options.state.set('securityHead', head)
    this.#savedHead = head
  }

  #tellTrouble(error: unknown): void {
    const isInTrouble = error !== null
    if (isInTrouble === this.#isInTrouble) return
    this.#isInTrouble = isInTrouble
    const { onTrouble, clock } = this.#options
    if (isInTrouble) return onTrouble(`security events cannot be written: ${messageOf(error)}`)
    onTrouble('security events are written again')
    if (this.#dropped === 0) return
    const reason = `${this.#dropped} events found no room`
    this.#dropped = 0
    void this.append([controlEvent('events-dropped', clock.now(), { reason })])
  }
}
