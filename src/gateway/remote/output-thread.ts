/** A thread that tells on standard output what a gateway's processes write: a reader that is slow holds up nobody else. */
import { writeSync } from 'node:fs'
import { extname } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { OutputTail, sizesIn, type Sizes } from './output-tail.ts'

const LOOK_MS = 500
/** At the end, for the last lines. */
const END_MS = 1_000

if (!isMainThread && isOurs(workerData)) {
  const tail = new OutputTail(workerData.outputsOf, workerData.told, writeAll)
  setInterval(() => tail.look(), LOOK_MS)
  parentPort!.once('message', () => {
    tail.look()
    process.exit(0)
  })
}

/** Begins to tell. The answer ends it, after the last lines. */
export function tellOutputs(folder: string): () => Promise<void> {
  const file = new URL(`./output-thread${extname(import.meta.filename)}`, import.meta.url)
  const thread = new Worker(file, {
    workerData: { outputsOf: folder, told: sizesIn(folder) } satisfies Given,
    name: 'outputs',
  })
  // Without it the gateway serves all the same.
  thread.on('error', (error) => process.stderr.write(`seaworthy: outputs are not told: ${String(error)}\n`))
  thread.unref()
  return () =>
    new Promise((resolve) => {
      setTimeout(resolve, END_MS)
      thread.once('exit', () => resolve())
      thread.postMessage('end', [])
    })
}

interface Given {
  readonly outputsOf: string
  readonly told: Sizes
}

function isOurs(data: unknown): data is Given {
  return typeof data === 'object' && data !== null && 'outputsOf' in data
}

function writeAll(lines: Uint8Array): void {
  for (let written = 0; written < lines.length;) {
    try {
      written += writeSync(1, lines, written)
    } catch (error) {
      // A pipe that is full, and does not wait.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}
