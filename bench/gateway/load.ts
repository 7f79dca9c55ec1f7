/** One run of wrk against one target, with what the target's processes used meanwhile. */
import { join } from 'node:path'
import { cpuSeconds, LOAD_CORE, spawnOn } from './machine.ts'
import type { Running } from './place.ts'

export interface LoadRequest {
  /** A file of `requests/`. */
  readonly file: string
  readonly path: string
  readonly connections: number
}

export interface Sample {
  readonly requests: number
  readonly perSecond: number
  readonly perCpuSecond: number
  readonly p99Ms: number
  /** Answers that were not 2xx or 3xx, and connections that broke: any voids the run. */
  readonly bad: string | null
}

export async function ask(target: Running, request: LoadRequest, seconds: number): Promise<Sample> {
  const before = cpuSeconds(target.pids)
  const script = join(import.meta.dirname, 'requests', request.file)
  const size = ['-t', '1', '-c', String(request.connections), '-d', `${seconds}s`]
  const text = await wrk([...size, '--latency', '--timeout', '10s', '-s', script, target.url + request.path])
  const cpu = cpuSeconds(target.pids) - before
  const requests = Number(/(\d+) requests in/.exec(text)?.[1] ?? 0)
  const bad = /Non-2xx[^\n]*|Socket errors[^\n]*/.exec(text)?.[0] ?? (requests === 0 ? 'no answer' : null)
  return {
    requests,
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? 0),
    perCpuSecond: requests / cpu,
    p99Ms: toMs(/99%\s+([\d.]+)(us|ms|s)/.exec(text)),
    bad,
  }
}

function toMs(match: RegExpExecArray | null): number {
  if (match === null) return Number.NaN
  return Number(match[1]) * { us: 1e-3, ms: 1, s: 1e3 }[match[2] as 'us' | 'ms' | 's']
}

function wrk(args: readonly string[]): Promise<string> {
  const child = spawnOn(LOAD_CORE, ['wrk', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve(text) : reject(new Error(`wrk ended with ${code}: ${text}`))))
  })
}
