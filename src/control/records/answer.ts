import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChainHead } from '../../core/hash-chain.ts'
import { Problem } from '../../core/problem.ts'
import { readTrail } from '../audit/read-trail.ts'
import { trailFiles } from '../audit/trail-files.ts'
import { EVENTS_FOLDER, eventFiles } from '../guard/events/files.ts'
import { newestEvents } from '../guard/events/query.ts'
import { savedHead } from '../saved-head.ts'
import type { Chain, FilesHead, Question } from './question.ts'

/** What was written while we looked is looked at again, so often at most. */
const LOOKS_MAX = 5

/** Answers from the files alone, whether control runs or not. A Problem is an answer too: `{ problem }`. */
export async function* answerTo(stateFolder: string, question: Question): AsyncGenerator<string | Buffer> {
  try {
    switch (question.ask) {
      case 'audit-trail':
        return yield lineOf({ records: readTrail(stateFolder, question) })
      case 'security-events':
        return yield lineOf({ records: await newestEvents(stateFolder, question.filter, question.limit) })
      case 'files':
        yield* filesOf(stateFolder, question.of)
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    yield lineOf({ problem: error })
  }
}

async function* filesOf(stateFolder: string, chain: Chain): AsyncGenerator<string | Buffer> {
  const { head, files } = await openFiles(stateFolder, chain)
  try {
    const answer: FilesHead = { head, files: files.map(({ name, bytes }) => ({ name, bytes })) }
    yield lineOf(answer)
    for (const { handle, bytes } of files) {
      if (bytes > 0) yield* handle.createReadStream({ start: 0, end: bytes - 1, autoClose: false })
    }
  } finally {
    await closeAll(files)
  }
}

interface OpenFile {
  readonly name: string
  readonly handle: FileHandle
  /** As long as it was: what is written later belongs to a later head. */
  readonly bytes: number
}

interface OpenFiles {
  readonly head: ChainHead
  readonly files: readonly OpenFile[]
}

/** Head and files of one moment: a file that is renamed or taken away meanwhile is read on, since it is open. */
async function openFiles(stateFolder: string, chain: Chain): Promise<OpenFiles> {
  const key = chain === 'audit-trail' ? 'auditHead' : 'securityHead'
  for (let look = 1; ; look++) {
    const head = savedHead(stateFolder, key)
    const files = await openAll(stateFolder, namesOf(stateFolder, chain))
    if (look === LOOKS_MAX || savedHead(stateFolder, key).sequence === head.sequence) return { head, files }
    await closeAll(files)
  }
}

function namesOf(stateFolder: string, chain: Chain): readonly string[] {
  if (chain === 'audit-trail') return trailFiles(stateFolder)
  return eventFiles(stateFolder).map(({ name }) => `${EVENTS_FOLDER}/${name}`)
}

async function openAll(stateFolder: string, names: readonly string[]): Promise<readonly OpenFile[]> {
  const files: OpenFile[] = []
  for (const name of names) {
    try {
      const handle = await open(join(stateFolder, name), 'r')
      files.push({ name, handle, bytes: (await handle.stat()).size })
    } catch (error) {
      // Taken away or renamed a moment ago: the head has moved as well, or the gap is found.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return files
}

async function closeAll(files: readonly OpenFile[]): Promise<void> {
  for (const { handle } of files) await handle.close()
}

function lineOf(answer: object): string {
  return `${JSON.stringify(answer)}\n`
}
