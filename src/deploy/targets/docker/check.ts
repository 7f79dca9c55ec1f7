import { Problem } from '../../../core/problem.ts'
import type { Scrub } from '../../../core/scrub.ts'
import { joinWords } from '../../../core/words.ts'
import { runCommand, type RunOptions } from '../run-command.ts'
import type { Runtime } from './base.ts'
import { execIn, type Host } from './commands.ts'

/** Of our own client, beyond what the check may take. */
const SLACK_MS = 5_000
const LINE_CHARACTERS_MAX = 200
/** What `timeout` of coreutils exits with. */
const TOO_LATE = 124

/** Ends what it starts: a client that is killed would leave a check that hangs running in the container, with each look one more. */
const LIMITED: Readonly<Record<Runtime, readonly string[]>> = {
  node: [
    'node',
    '-e',
    `const [limit, program, ...args] = process.argv.slice(1)
const { spawnSync } = require('node:child_process')
const { error, status } = spawnSync(program, args, { stdio: 'inherit', timeout: Number(limit), killSignal: 'SIGKILL' })
if (error?.code === 'ENOENT') process.stderr.write('there is no such program\\n')
process.exit(error?.code === 'ETIMEDOUT' ? ${TOO_LATE} : (status ?? 1))`,
  ],
  python: [
    'python3',
    '-c',
    `import subprocess, sys
try:
    sys.exit(subprocess.run(sys.argv[2:], timeout=int(sys.argv[1]) / 1000).returncode)
except subprocess.TimeoutExpired:
    sys.exit(${TOO_LATE})
except FileNotFoundError:
    sys.exit('there is no such program')`,
  ],
}

export interface CheckOptions {
  readonly host: Host
  readonly run: RunOptions
  /** Id of the container. */
  readonly container: string
  /** Of a generated image; null: nothing is known to be in it that could end a check. */
  readonly runtime: Runtime | null
  /** As the config has it. */
  readonly argv: readonly string[]
  readonly timeoutMs: number
  /** For the last line, which is the check's own: it runs with the service's secrets. */
  readonly scrub: Scrub
}

/**
 * Runs a health command in an instance's container, as the engine does for the container's own check; null when it exits with 0.
 * @throws Problem `target.tool-missing`; `target.tool-failed` where it is not the check that took too long
 */
export async function runCheck(options: CheckOptions): Promise<string | null> {
  const { host, run, container, runtime, argv, timeoutMs, scrub } = options
  const tooLate = `${joinWords(argv)} did not end within ${timeoutMs / 1000} s`
  const startedAt = performance.now()
  const command = execIn(host, container, checkWords(options), timeoutMs + SLACK_MS)
  const ran = await runCommand(command, { ...run, streams: true }).catch((error: unknown) => {
    const isLate = performance.now() - startedAt > timeoutMs
    // Where nothing in the image ends a check, only our client's end tells that it hangs: no word about the engine.
    if (runtime === null && isLate && error instanceof Problem && error.code === 'target.tool-failed') return null
    throw error
  })
  if (ran === null) return tooLate
  const { code, lastLines } = ran
  if (code === 0) return null
  if (code === TOO_LATE) return tooLate
  const last = lastLines.findLast((line) => line.trim() !== '')
  const said = last === undefined ? '' : `: ${scrub(last.trim()).slice(0, LINE_CHARACTERS_MAX)}`
  return `${joinWords(argv)} exited with ${code}${said}`
}

export function checkWords({
  runtime,
  argv,
  timeoutMs,
}: Pick<CheckOptions, 'runtime' | 'argv' | 'timeoutMs'>): readonly string[] {
  return runtime === null ? argv : [...LIMITED[runtime], String(timeoutMs), ...argv]
}
