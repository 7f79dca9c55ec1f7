import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { LogPage } from '../../src/observe/logs/line.ts'
import { LogThread } from '../../src/observe/logs/thread/client.ts'
import { askOnAndOn } from './questions.ts'
import { watchLoop, type Stalls } from './stall.ts'

const CATCH_UP_MS = 30_000

export interface Ingested {
  readonly reader: 'on' | 'off' | 'stalled'
  readonly written: number
  /** Null: nobody read. */
  readonly kept: number | null
  readonly p50us: number
  readonly p99us: number
  readonly p999us: number
  /** Of the process which started the thread, while lines came. */
  readonly stalls: Stalls
  /** The slowest answer to a question while lines came; null: nobody could be asked. */
  readonly askedMaxMs: number | null
  readonly threadCpuShare: number | null
}

/** Lets a process write to a file that is rotated as the keeper does, with and without somebody who reads. */
export async function ingest(reader: Ingested['reader'], rate: number, seconds: number): Promise<Ingested> {
  const state = mkdtempSync(join(tmpdir(), 'seaworthy-bench-logs-'))
  mkdirSync(join(state, 'logs'))
  const output = join(state, 'logs', 'api@1-aaaaaaaa-1.log')
  const descriptor = openSync(output, 'a')
  // A reader that never learns the secrets reads nothing: it stands still for as long as it likes.
  const secretsOf = (): readonly Record<string, string>[] => {
    if (reader === 'stalled') throw new Error('stalled')
    return [{ KEY: 'a-secret-value' }]
  }
  const thread = reader === 'off' ? null : new LogThread({ stateFolder: state, secretsOf, onTrouble: () => {} })
  const rotating = spawn(process.execPath, [join(import.meta.dirname, 'rotate.ts'), output], { stdio: 'ignore' })
  try {
    await thread?.call('stats', {})
    const cpu = process.cpuUsage()
    const loop = watchLoop()
    const asked = thread === null ? null : askOnAndOn(thread)
    const said = await run([String(rate), String(seconds)], descriptor)
    const askedMaxMs = (await asked?.()) ?? null
    const stalls = loop()
    const { user, system } = process.cpuUsage(cpu)
    const kept = reader === 'on' ? await untilKept(thread!, said.written) : reader === 'off' ? null : 0
    return {
      reader,
      ...said,
      kept,
      stalls,
      askedMaxMs,
      threadCpuShare: thread === null ? null : (user + system) / 1e6 / seconds,
    }
  } finally {
    rotating.kill()
    await thread?.close()
    closeSync(descriptor)
    rmSync(state, { recursive: true, force: true })
  }
}

interface Said {
  readonly written: number
  readonly p50us: number
  readonly p99us: number
  readonly p999us: number
}

function run(args: readonly string[], descriptor: number): Promise<Said> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writer.ts'), ...args], {
    stdio: ['ignore', descriptor, 'pipe'],
  })
  let text = ''
  child.stderr!.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve(JSON.parse(text.trim().split('\n').at(-1)!) as Said))
  })
}

/** Counts what can be found, each line once, by its own number. */
async function untilKept(thread: LogThread, written: number): Promise<number> {
  const until = Date.now() + CATCH_UP_MS
  for (;;) {
    const last = await thread.call('search', { query: { text: `n${written - 1}` } })
    if (last.lines.length > 0 || Date.now() > until) break
    await wait(100)
  }
  const seen = new Set<string>()
  let before: string | null = null
  let lines = 0
  do {
    const page: LogPage = await thread.call('search', { query: {}, limit: 1_000, before })
    for (const { text } of page.lines) seen.add(/\bn(\d+)\b/.exec(text)?.[1] ?? text)
    lines += page.lines.length
    before = page.next
  } while (before !== null)
  if (lines !== seen.size) throw new Error(`${lines - seen.size} lines were kept twice`)
  return seen.size
}
