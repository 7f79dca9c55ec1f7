import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { LogThread } from '../../src/observe/logs/thread/client.ts'
import { askOnAndOn } from './questions.ts'
import { watchLoop, type Stalls } from './stall.ts'

const WITHIN_MS = 300_000

export interface CaughtUp {
  readonly lines: number
  readonly seconds: number
  readonly askedMaxMs: number
  readonly stalls: Stalls
}

/** What many outputs have gathered while control was away is read, and questions are asked meanwhile. */
export async function catchUp(outputs: number, linesEach: number): Promise<CaughtUp> {
  const state = mkdtempSync(join(tmpdir(), 'seaworthy-bench-behind-'))
  mkdirSync(join(state, 'logs'))
  for (let output = 0; output < outputs; output++) {
    const lines = Array.from({ length: linesEach }, (_, index) => lineOf(output, index))
    writeFileSync(join(state, 'logs', `api@1-aaaaaaaa-${output + 1}.log`), lines.join(''))
  }
  const loop = watchLoop()
  const thread = new LogThread({
    stateFolder: state,
    secretsOf: () => [{ KEY: 'a-secret-value' }],
    onTrouble: () => {},
  })
  try {
    const began = performance.now()
    const asked = askOnAndOn(thread)
    for (let output = 0; output < outputs; output++) await untilKept(thread, `o${output}n${linesEach - 1}`)
    const seconds = (performance.now() - began) / 1e3
    return { lines: outputs * linesEach, seconds, askedMaxMs: await asked(), stalls: loop() }
  } finally {
    await thread.close()
    rmSync(state, { recursive: true, force: true })
  }
}

function lineOf(output: number, index: number): string {
  const text = `order handled o${output}n${index} payment accepted stock delivered`
  return `{"level":30,"time":${Date.now()},"reqId":"r-${Math.floor(index / 3)}","msg":"${text}"}\n`
}

async function untilKept(thread: LogThread, word: string): Promise<void> {
  const until = Date.now() + WITHIN_MS
  while ((await thread.call('search', { query: { text: word } })).lines.length === 0) {
    if (Date.now() > until) throw new Error(`${word} was not kept`)
    await wait(50)
  }
}
