/** `npm run bench:logs [-- --lines N --seconds N]`: search over many lines on disk, then reading what an instance writes. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ingest } from './logs/ingest.ts'
import { ask, build } from './logs/search.ts'

const RATE = 5_000
const FIRST_PAGE_MS_MAX = 200
const LOOP_MS_MAX = 50

const { values } = parseArgs({
  options: { lines: { type: 'string', default: '2000000' }, seconds: { type: 'string', default: '60' } },
})
const lines = Number(values.lines)
const folder = mkdtempSync(join(tmpdir(), 'seaworthy-bench-lines-'))
let failed = false
try {
  const { seconds, bytesPerLine, textBytesPerLine } = build(folder, lines)
  say(`${lines} lines in ${seconds.toFixed(0)} s (${Math.round(lines / seconds)} a second), `)
  say(`${bytesPerLine.toFixed(0)} bytes a line on disk for ${textBytesPerLine.toFixed(0)} of text\n\n`)
  say(`${'first page'.padEnd(32)} found   cold ms  warm ms   max ms\n`)
  for (const { name, found, coldMs, warmMs, warmMaxMs } of ask(folder, lines, evict)) {
    const cells = [coldMs, warmMs, warmMaxMs].map((ms) => ms.toFixed(1).padStart(9)).join('')
    const isSlow = Math.max(coldMs, warmMaxMs) > FIRST_PAGE_MS_MAX
    failed ||= isSlow
    say(`${name.padEnd(32)}${String(found).padStart(6)} ${cells}${isSlow ? '  TOO SLOW' : ''}\n`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
say(
  `\n${RATE} lines a second for ${values.seconds} s\nreader   written    kept  write p50 us      p99    p99.9  loop max ms  cpu share\n`,
)
// A machine that keeps us waiting while nobody reads says nothing about the reader.
let loopMsMax = LOOP_MS_MAX
for (const reader of ['off', 'on', 'stalled'] as const) {
  const result = await ingest(reader, RATE, Number(values.seconds))
  const { written, kept, p50us, p99us, p999us, loopMaxMs, threadCpuShare } = result
  if (reader === 'off') loopMsMax = Math.max(LOOP_MS_MAX, 2 * loopMaxMs)
  failed ||= (reader === 'on' && kept !== written) || loopMaxMs > loopMsMax
  const numbers = [p50us, p99us, p999us].map((us) => us.toFixed(1).padStart(9)).join('')
  say(
    `${reader.padEnd(8)}${String(written).padStart(8)}${String(kept ?? '-').padStart(8)}     ${numbers}` +
      `${loopMaxMs.toFixed(1).padStart(13)}${(threadCpuShare?.toFixed(2) ?? '-').padStart(11)}\n`,
  )
}
process.exitCode = failed ? 1 : 0

/** Takes the files out of the page cache, as after a night: `dd` can say so for one file without being root. */
function evict(): boolean {
  for (const name of readdirSync(folder))
    execFileSync('dd', [
      `of=${join(folder, name)}`,
      'oflag=nocache',
      'conv=notrunc,fdatasync',
      'count=0',
      'status=none',
    ])
  return true
}

function say(text: string): void {
  process.stdout.write(text)
}
