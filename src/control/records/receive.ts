import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import type { ChainHead } from '../../core/hash-chain.ts'
import { Problem, type ProblemJson } from '../../core/problem.ts'
import { FILE_NAMES, type Chain, type FilesHead } from './question.ts'

/** What is taken over for one look: sixteen closed files of a trail; security events are a quarter of it at most. */
export const FILES_BYTES_MAX = 1024 * 1024 * 1024
const LINE_BYTES_MAX = 1024 * 1024
const NEWLINE = 10

/**
 * Writes the files of a chain into an empty folder, as they are. Returns what control remembers as the end of the chain.
 * @param from what `answerTo` answers to 'files'
 * @throws Problem `records.too-large`, and the one that is the answer; Error where it is none, or not whole
 */
export async function receiveFiles(
  from: Readable,
  folder: string,
  { chain, bytesMax = FILES_BYTES_MAX }: { readonly chain: Chain; readonly bytesMax?: number },
): Promise<ChainHead> {
  const bytes = new Bytes(from)
  const { head, files } = headIn(await bytes.line(), chain)
  const all = files.reduce((sum, file) => sum + file.bytes, 0)
  if (all > bytesMax) {
    throw new Problem(
      'records.too-large',
      `the files hold ${mebibytes(all)} MiB; up to ${mebibytes(bytesMax)} are verified`,
      {
        hint: 'They are read whole. What is newest can be listed all the same.',
      },
    )
  }
  for (const file of files) {
    const path = join(folder, file.name)
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const handle = await open(path, 'wx', 0o600)
    try {
      for await (const piece of bytes.take(file.bytes)) await handle.writeFile(piece)
    } finally {
      await handle.close()
    }
  }
  await bytes.end()
  return head
}

/** The answer to a question for records. @throws Problem the one that is the answer; Error where it is none */
export function recordsIn(answer: string): readonly unknown[] {
  const { records } = mustBeNoProblem(answer) as { readonly records?: unknown }
  if (Array.isArray(records)) return records
  throw new Error('it has no records')
}

function headIn(line: string, chain: Chain): FilesHead {
  const { head, files } = mustBeNoProblem(line) as Partial<FilesHead>
  const isHead = Number.isSafeInteger(head?.sequence) && typeof head!.hash === 'string'
  if (!isHead || !Array.isArray(files)) throw new Error('it names no files')
  for (const { name, bytes } of files as FilesHead['files']) {
    // It came from elsewhere: a name must not lead out of the folder.
    if (!FILE_NAMES[chain].test(name) || !Number.isSafeInteger(bytes) || bytes < 0)
      throw new Error(`it names a file that is none of ${chain}`)
  }
  return { head: head!, files }
}

function mustBeNoProblem(line: string): object {
  const answer = JSON.parse(line) as { readonly problem?: ProblemJson } | null
  if (answer?.problem !== undefined) throw Problem.fromJSON(answer.problem)
  return answer ?? {}
}

/** A stream, taken piece by piece. */
class Bytes {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(from: Readable) {
    this.#chunks = from[Symbol.asyncIterator]()
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(NEWLINE)
      if (end !== -1) {
        const line = this.#rest.toString('utf8', 0, end)
        this.#rest = this.#rest.subarray(end + 1)
        return line
      }
      if (this.#rest.length > LINE_BYTES_MAX) throw new Error('its first line has no end')
      this.#rest = Buffer.concat([this.#rest, await this.#next()])
    }
  }

  async *take(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0) this.#rest = await this.#next()
      const piece = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  async end(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#chunks.next()).done !== true) throw new Error('it goes on behind its end')
  }

  async #next(): Promise<Buffer> {
    const { done, value } = await this.#chunks.next()
    if (done === true) throw new Error('it is cut off')
    return value
  }
}

function mebibytes(bytes: number): string {
  return String(Math.ceil(bytes / 1024 / 1024))
}
