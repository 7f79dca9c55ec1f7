import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Scrub } from '../../core/scrub.ts'
import { runCommand } from '../../deploy/targets/run-command.ts'
import { matchesQuery, type LogQuery } from '../../observe/logs/line.ts'
import { parseLine, type ShownLine } from '../log-lines.ts'
import type { Hosted, LogSource } from './hosted.ts'

/** How often one looks for instances that have come since. */
const LOOK_MS = 1_000
/** A line longer than this is cut there. */
const LINE_CHARACTERS_MAX = 64 * 1024

export interface InstanceLogs {
  readonly hosted: Pick<Hosted, 'logSources'>
  readonly query: LogQuery
  /** Takes out the secrets that whoever asks knows. */
  readonly scrub: Scrub
}

/** What is kept of the instances' output: the newest `count` lines that match, oldest first. */
export async function readInstanceLogs(logs: InstanceLogs, count: number): Promise<readonly ShownLine[]> {
  const { query } = logs
  let lines: ShownLine[] = []
  for (const one of await asked(logs)) {
    const onLine = (raw: string): void => {
      // What has no time in front is the tool's own: the program has not begun to write.
      if (Number.isNaN(timeOf(raw))) return
      const line = lineOf(raw, one, logs.scrub)
      if (!matchesQuery(line, query)) return
      lines.push(line)
      if (lines.length > 4 * count + 1) lines = newest(lines, count)
    }
    await runCommand(one.read(query.fromMs ?? null), { env: process.env, streams: true, onLine })
  }
  return newest(lines, count)
}

/** Goes on with new lines, also of instances that come later, until the signal aborts. */
export async function followInstanceLogs(
  logs: InstanceLogs,
  print: (line: ShownLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const { query, scrub } = logs
  const followed = new Map<string, () => void>()
  // One that is started again is followed anew, from its beginning: what was told, and what it wrote in an earlier life, is left out.
  const told = new Map<string, string>()
  let lines = 0
  while (!signal.aborted) {
    for (const one of await asked(logs)) {
      if (followed.has(one.id) || one.instance.state === 'stopped') continue
      const [program, ...args] = one.follow(lines)
      const child = spawn(program, args, { env: process.env, stdio: ['ignore', 'pipe', 'pipe'] })
      child.once('error', () => followed.delete(one.id))
      child.once('close', () => followed.delete(one.id))
      const { startedAt } = one.instance
      for (const name of ['stdout', 'stderr'] as const) {
        // The two come in no order: each has its own newest.
        const stream = `${one.id} ${name}`
        createInterface({ input: child[name] }).on('line', (raw) => {
          const at = raw.slice(0, raw.indexOf(' '))
          if (at <= (told.get(stream) ?? '') || !(Date.parse(at) >= startedAt)) return
          told.set(stream, at)
          const line = lineOf(raw, one, scrub)
          if (matchesQuery(line, query)) print(line)
        })
      }
      followed.set(one.id, () => child.kill('SIGTERM'))
    }
    // What comes from here on is told from its beginning.
    lines = Number.MAX_SAFE_INTEGER
    await pause(LOOK_MS, signal)
  }
  for (const end of followed.values()) end()
}

async function asked({ hosted, query }: InstanceLogs): Promise<readonly LogSource[]> {
  return (await hosted.logSources()).filter(
    ({ instance }) =>
      (query.service === undefined || instance.service === query.service) &&
      (query.instance === undefined || instance.id === query.instance),
  )
}

/** The time at which it was written, a blank, and what was written. */
function lineOf(raw: string, { instance }: LogSource, scrub: Scrub): ShownLine {
  const text = raw.slice(0, LINE_CHARACTERS_MAX)
  return parseLine(scrub(text.slice(text.indexOf(' ') + 1)), instance.id, timeOf(raw))
}

function timeOf(raw: string): number {
  return Date.parse(raw.slice(0, raw.indexOf(' ')))
}

function newest(lines: readonly ShownLine[], count: number): ShownLine[] {
  return count === 0 ? [] : lines.toSorted((one, other) => one.atMs - other.atMs).slice(-count)
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end, { once: true })
  })
}
