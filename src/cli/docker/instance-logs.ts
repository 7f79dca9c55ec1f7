import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Scrub } from '../../core/scrub.ts'
import { followWords } from '../../deploy/targets/docker/commands.ts'
import { Containers } from '../../deploy/targets/docker/containers.ts'
import type { Observed } from '../../deploy/targets/docker/observe.ts'
import { logsOf } from '../../deploy/targets/docker/own-commands.ts'
import { runCommand } from '../../deploy/targets/run-command.ts'
import { matchesQuery, type LogQuery } from '../../observe/logs/line.ts'
import { parseLine, type ShownLine } from '../log-lines.ts'
import type { DockerPlace } from './place.ts'

/** How often one looks for containers that have come since. */
const LOOK_MS = 1_000
/** A line longer than this is cut there. */
const LINE_CHARACTERS_MAX = 64 * 1024

export interface InstanceLogs {
  readonly at: DockerPlace
  readonly query: LogQuery
  /** Takes out the secrets that whoever asks knows. */
  readonly scrub: Scrub
}

/** What the engine keeps of the instances' output: the newest `count` lines that match, oldest first. */
export async function readInstanceLogs(logs: InstanceLogs, count: number): Promise<readonly ShownLine[]> {
  const { at, query } = logs
  let lines: ShownLine[] = []
  for (const one of await asked(logs)) {
    const onLine = (raw: string): void => {
      const line = lineOf(raw, one, logs.scrub)
      if (!matchesQuery(line, query)) return
      lines.push(line)
      if (lines.length > 4 * count + 1) lines = newest(lines, count)
    }
    await runCommand(logsOf(at.host, one.id, query.fromMs ?? null), { ...at.run, streams: true, onLine })
  }
  return newest(lines, count)
}

/** Goes on with new lines, also of instances that come later, until the signal aborts. */
export async function followInstanceLogs(
  logs: InstanceLogs,
  print: (line: ShownLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const { at, query, scrub } = logs
  const followed = new Map<string, () => void>()
  // One that is started again is followed anew, from its beginning: what was told, and what it wrote in an earlier life, is left out.
  const told = new Map<string, string>()
  let lines = 0
  while (!signal.aborted) {
    for (const one of await asked(logs)) {
      if (followed.has(one.id) || one.instance.state === 'stopped') continue
      const [program, ...args] = followWords(at.host, one.id, lines)
      const child = spawn(program, args, { env: at.run.env, stdio: ['ignore', 'pipe', 'pipe'] })
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

async function asked({ at, query }: InstanceLogs): Promise<readonly Observed[]> {
  return (await new Containers(at).observe()).filter(
    ({ instance }) =>
      (query.service === undefined || instance.service === query.service) &&
      (query.instance === undefined || instance.id === query.instance),
  )
}

/** The engine's time, a blank, and what was written. */
function lineOf(raw: string, { instance }: Observed, scrub: Scrub): ShownLine {
  const text = raw.slice(0, LINE_CHARACTERS_MAX)
  const blank = text.indexOf(' ')
  const at = Date.parse(text.slice(0, blank))
  const [said, atMs] = Number.isNaN(at) ? [text, Date.now()] : [text.slice(blank + 1), at]
  return parseLine(scrub(said), instance.id, atMs)
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
