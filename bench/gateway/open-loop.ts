/** Latency at an offered rate that no answer can change: src/load in a process of its own, on the load's core. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LoadOptions } from '../../src/load/options.ts'
import type { LoadResult } from '../../src/load/result.ts'
import { LOAD_CORE, spawnOn } from './machine.ts'
import type { Running } from './place.ts'

export async function offer(target: Running, perSecond: number, seconds: number): Promise<LoadResult> {
  const { hostname, port } = new URL(target.url)
  const options: LoadOptions = {
    host: hostname,
    port: Number(port),
    authority: `${hostname}:${port}`,
    request: { method: 'GET', path: '/', headers: browserFields(), body: null },
    perSecond,
    forMs: seconds * 1000,
    arrivals: 'poisson',
    seed: 1,
    connectionsMax: 512,
    timeoutMs: 5_000,
    expect: 200,
    lagMsMax: 50,
  }
  const entry = join(import.meta.dirname, '../../src/load/main.ts')
  const child = spawnOn(LOAD_CORE, [process.execPath, entry], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin!.write(`${JSON.stringify(options)}\n`)
  const text = await new Promise<string>((resolve, reject) => {
    let all = ''
    child.stdout!.on('data', (chunk: Buffer) => (all += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve(all) : reject(new Error(`the generator ended with ${code}`))))
  })
  return JSON.parse(text) as LoadResult
}

/** The same fields that wrk sends for a browser. */
function browserFields(): (readonly [string, string])[] {
  const text = readFileSync(join(import.meta.dirname, 'requests/browser.lua'), 'utf8')
  return [...text.matchAll(/wrk\.headers\["([^"]+)"\] = "([^"]+)"/g)].map((match) => [match[1]!, match[2]!])
}
