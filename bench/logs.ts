/**
 * `npm run bench:logs [-- --lines N --days N --seconds N]`: search over many lines on disk, reading what an instance writes, and
 * reading what has gathered while nobody did. Above a bar it ends with 1. What was waited for a processor that others had is
 * shown and not counted: the bars are about what is done here.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { catchUp } from './logs/behind.ts'
import { ingest } from './logs/ingest.ts'
import { ask, build } from './logs/search.ts'
import type { Stalls } from './logs/stall.ts'

const RATE = 5_000
const FIRST_PAGE_MS_MAX = 200
const LOOP_MS_MAX = 50
const BEHIND = { outputs: 20, linesEach: 20_000 }

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '2000000' },
    days: { type: 'string', default: '0.5' },
    seconds: { type: 'string', default: '60' },
  },
})
let failed = false
search(Number(values.lines), Number(values.days))
await reading(Number(values.seconds))
await behind()
process.exitCode = failed ? 1 : 0

function search(lines: number, days: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-bench-lines-'))
  try {
    const { seconds, bytesPerLine, textBytesPerLine, files } = build(folder, lines, days)
    say(
      `${lines} lines of ${days} days in ${files} files, in ${seconds.toFixed(0)} s (${Math.round(lines / seconds)} a second),`,
    )
    say(` ${bytesPerLine.toFixed(0)} bytes a line on disk for ${textBytesPerLine.toFixed(0)} of text\n\n`)
    say(`${'first page'.padEnd(30)} found  cold ms   waited    reads      KiB  warm ms   max ms\n`)
    for (const { name, cold, warmMs, warmMaxMs } of ask(folder, lines, days)) {
      const { found, ms, waitedMs, reads, readKiB } = cold
      // Read from memory: nothing is known of cold files.
      const coldCells = readKiB === 0 ? ['-', '-'] : [ms.toFixed(1), waitedMs.toFixed(1)]
      const cells = [...coldCells, `${reads}`, readKiB.toFixed(0), warmMs.toFixed(1), warmMaxMs.toFixed(1)]
      const isSlow = Math.max(ms - waitedMs, warmMs) > FIRST_PAGE_MS_MAX
      failed ||= isSlow
      say(`${name.padEnd(30)}${`${found}`.padStart(6)}${row(cells)}${isSlow ? '  TOO SLOW' : ''}\n`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function reading(seconds: number): Promise<void> {
  say(`\n${RATE} lines a second for ${seconds} s, questions all the time\n`)
  say('reader   written    kept  write p50 us      p99    p99.9  loop ms      own  answer ms  cpu share\n')
  for (const reader of ['off', 'on', 'stalled'] as const) {
    const result = await ingest(reader, RATE, seconds)
    const { written, kept, p50us, p99us, p999us, stalls, askedMaxMs, threadCpuShare } = result
    failed ||= reader === 'on' && kept !== written
    const numbers = row([p50us, p99us, p999us].map((us) => us.toFixed(1)))
    say(`${reader.padEnd(8)}${String(written).padStart(8)}${String(kept ?? '-').padStart(8)}     ${numbers}`)
    say(
      `${loopCells(stalls)}${(askedMaxMs?.toFixed(0) ?? '-').padStart(11)}${(threadCpuShare?.toFixed(2) ?? '-').padStart(11)}\n`,
    )
  }
}

async function behind(): Promise<void> {
  const { outputs, linesEach } = BEHIND
  const { lines, seconds, askedMaxMs, stalls } = await catchUp(outputs, linesEach)
  say(`\n${lines} lines of ${outputs} outputs that had gathered, questions all the time\n`)
  say('seconds  lines/s  answer ms  loop ms      own\n')
  const numbers = [seconds.toFixed(1).padStart(7), String(Math.round(lines / seconds)).padStart(9)]
  say(`${numbers.join('')}${askedMaxMs.toFixed(0).padStart(11)}${loopCells(stalls)}\n`)
}

function loopCells({ maxMs, ownMaxMs }: Stalls): string {
  failed ||= ownMaxMs > LOOP_MS_MAX
  return row([maxMs.toFixed(1), ownMaxMs.toFixed(1)])
}

function row(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(9)).join('')
}

function say(text: string): void {
  process.stdout.write(text)
}
