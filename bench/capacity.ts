/**
 * Compares the capacity that `load` finds with what wrk gets out of the same instance: a service whose requests cost CPU,
 * asked directly, the two in turns, so that a machine with other work is as slow for the one as for the other.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs, promisify } from 'node:util'
import type { Limits } from '../src/load/capacity.ts'
import { stepMsFor } from '../src/load/capacity.ts'
import { findCapacity } from '../src/load/find-capacity.ts'
import { CONNECTIONS_MAX, type LoadOptions } from '../src/load/options.ts'
import { generateInOwnProcess } from '../src/load/own-process.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    lag: { type: 'string', default: '50' },
  },
})
const ROUNDS = Number(values.rounds)
const WRK_SECONDS = Number(values.seconds)
/** As many as keep one thread of the server busy all the time, and no more than its accept queue bears. */
const WRK_CONNECTIONS = 16
const AGREE_WITHIN = 0.1
/** Generous, so that the limit of the latency is met only where the queue grows. */
const LIMITS: Limits = { p50: null, p95: 250, p99: null, errors: 0 }
/** A request costs about 1 ms of hashing. */
const SERVER = `
  const { createHash } = require('node:crypto')
  const block = Buffer.alloc(1024 * 1024, 7)
  const server = require('node:http').createServer((request, response) => response.end(createHash('sha256').update(block).update(block).digest('hex')))
  // Whatever ends the bench ends this too.
  process.on('disconnect', () => process.exit())
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))`

const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
try {
  await bench(((await once(server, 'message')) as [number])[0], server)
} finally {
  server.kill('SIGKILL')
}

async function bench(port: number, { pid }: ChildProcess): Promise<void> {
  const url = `http://127.0.0.1:${port}/`
  await wrk(url, 3)
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    const before = await wrk(url, WRK_SECONDS)
    const found = await capacity(port, before * 0.7)
    const after = await wrk(url, WRK_SECONDS)
    ours.push(found)
    theirs.push((before + after) / 2)
    line(
      `round ${round}`,
      `load ${found.toFixed(0)}/s, wrk ${before.toFixed(0)}/s before and ${after.toFixed(0)}/s after`,
    )
  }
  const [own, other] = [median(ours), median(theirs)]
  const ratio = own / other
  line('load', `${own.toFixed(0)}/s with p95 at most ${LIMITS.p95} ms (median of ${ROUNDS}, pid ${pid})`)
  line('wrk', `${other.toFixed(0)}/s with ${WRK_CONNECTIONS} connections, 1 thread (median of ${ROUNDS})`)
  const isMet = Math.abs(ratio - 1) <= AGREE_WITHIN
  const [low, high] = [1 - AGREE_WITHIN, 1 + AGREE_WITHIN]
  process.stdout.write(`bar load / wrk: ${ratio.toFixed(3)}, bar ${low} to ${high}: ${isMet ? 'held' : 'MISSED'}\n`)
  if (!isMet) process.exitCode = 1
}

async function capacity(port: number, firstPerSecond: number): Promise<number> {
  const options: LoadOptions = {
    host: '127.0.0.1',
    port,
    authority: `127.0.0.1:${port}`,
    request: { method: 'GET', path: '/', headers: [], body: null },
    perSecond: firstPerSecond,
    forMs: stepMsFor(LIMITS),
    arrivals: 'constant',
    seed: 1,
    connectionsMax: CONNECTIONS_MAX,
    timeoutMs: 10_000,
    expect: null,
    lagMsMax: Number(values.lag),
  }
  const { outcome } = await findCapacity({
    options,
    limits: LIMITS,
    firstPerSecond,
    stepMs: options.forMs,
    generate: generateInOwnProcess,
    onStep: ({ perSecond, because, result }) =>
      line('step', `${perSecond.toFixed(0)}/s p95 ${result.latency?.p95.toFixed(1)} ms: ${because ?? 'carried'}`),
    signal: new AbortController().signal,
  })
  return outcome.perSecond
}

/** Requests per second, by wrk's own word. */
async function wrk(url: string, seconds: number): Promise<number> {
  const args = ['-t', '1', '-c', String(WRK_CONNECTIONS), '-d', `${seconds}s`, url]
  const { stdout } = await promisify(execFile)('wrk', args).catch((error: unknown) => {
    throw new Error('wrk is needed: apt-get install wrk', { cause: error })
  })
  const rate = /^Requests\/sec:\s+([\d.]+)$/m.exec(stdout)?.[1]
  if (rate === undefined || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk: ${stdout}`)
  return Number(rate)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)]!
}

function line(what: string, text: string): void {
  process.stdout.write(`${what.padEnd(8)} ${text}\n`)
}
