import { spawn } from 'node:child_process'
import { dirname, extname, join } from 'node:path'
import { Problem } from '../core/problem.ts'
import type { LoadOptions } from './options.ts'
import type { LoadResult } from './result.ts'

/**
 * Generates load in a process of its own, so that nothing else the caller does makes it late. An abort ends it early: the
 * result then tells what was done until then.
 * @throws Problem `load.saturated` when the generator measured itself rather than the service
 */
export async function generateInOwnProcess(options: LoadOptions, signal: AbortSignal): Promise<LoadResult> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry()], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const end = (): void => void child.stdin.end()
  // A child that could not read its options says why on stderr, and has no result.
  child.stdin.on('error', () => {})
  child.stdin.write(`${JSON.stringify(options)}\n`)
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  try {
    const text = await outputOf(child)
    const result = JSON.parse(text) as LoadResult
    if (result.saturated !== null) throw saturated(result.saturated)
    return result
  } finally {
    signal.removeEventListener('abort', end)
    child.stdin.end()
  }
}

function outputOf(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve(text)
      else reject(new Error(`the load generator ended with ${code ?? signal}`))
    })
  })
}

function saturated(because: string): Problem {
  return new Problem('load.saturated', `the generator itself was too slow: ${because}`, {
    hint: 'What it measured would be its own lag. Ask for a lower rate, run it on another machine, or free this one.',
  })
}

/** In the same form as ours: `.ts` from the sources, `.js` from the package. */
function entry(): string {
  return join(dirname(import.meta.filename), `main${extname(import.meta.filename)}`)
}
