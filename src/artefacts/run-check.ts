import { spawn } from 'node:child_process'
import { accessSync, constants, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Artefact, Check } from './family.ts'

/** How long one tool may take, a slow check of one, and how much of what it says is kept. */
const TOOL_WITHIN_MS = 60_000
const SLOW_WITHIN_MS = 300_000
const OUTPUT_BYTES_MAX = 64 * 1024

export interface CheckResult {
  readonly name: string
  /** `not-verified`: the tool is not on this machine, so nobody has looked. Never counted as passed. */
  readonly verdict: 'passed' | 'failed' | 'not-verified'
  /** `seaworthy`, or the tool. */
  readonly by: string
  /** Of a failure: what is wrong. */
  readonly lines: readonly string[]
}

/**
 * Runs one check of a family.
 * @param folder a scratch copy of the files as they would be written; tools run in it
 * @param env what a tool gets; its PATH decides whether the tool is there
 */
export async function runCheck(
  check: Check,
  files: readonly Artefact[],
  { folder, env }: { readonly folder: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<CheckResult> {
  const { name } = check
  if (check.kind === 'own') {
    const lines = check.run(files)
    return { name, verdict: lines.length === 0 ? 'passed' : 'failed', by: 'seaworthy', lines }
  }
  const program = findProgram(check.program, env['PATH'] ?? '')
  if (program === null) return { name, verdict: 'not-verified', by: check.program, lines: [] }
  if (check.with !== undefined) writeFileSync(join(folder, check.with.path), check.with.text)
  const { code, output } = await run([program, ...check.argv], {
    cwd: folder,
    env,
    timeout: check.isSlow === true ? SLOW_WITHIN_MS : TOOL_WITHIN_MS,
  })
  if (check.needs !== undefined && code !== 0 && output.includes(check.needs)) {
    return { name, verdict: 'not-verified', by: check.program, lines: [] }
  }
  const lines = code === 0 ? [] : output.trim().split('\n')
  return { name, verdict: code === 0 ? 'passed' : 'failed', by: check.program, lines }
}

/** Absolute path of a program, as a shell would find it; null: it is not installed. */
function findProgram(name: string, path: string): string | null {
  for (const folder of path.split(delimiter).filter((each) => each !== '')) {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return join(folder, name)
    } catch {
      // The next folder.
    }
  }
  return null
}

function run(
  [program = '', ...argv]: readonly string[],
  options: {
    readonly cwd: string
    readonly env: Readonly<Record<string, string | undefined>>
    readonly timeout: number
  },
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, argv, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (chunk: Buffer): void => {
      if (output.length < OUTPUT_BYTES_MAX) output += chunk.toString('utf8', 0, OUTPUT_BYTES_MAX - output.length)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', (error) => resolve({ code: null, output: error.message }))
    child.once('close', (code, signal) =>
      resolve({
        code,
        output: signal === null ? output : `${output}\nended by ${signal} (${options.timeout / 1000} s at most)`,
      }),
    )
  })
}
