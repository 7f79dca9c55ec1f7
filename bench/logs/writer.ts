/** A service that writes `rate` lines a second for `seconds`, and measures how long each write keeps it. */
import { writeSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

const [rate, seconds] = process.argv.slice(2).map(Number)
const EVERY_MS = 10
const times: number[] = []
let written = 0
const began = performance.now()
const timer = setInterval(() => {
  const due = Math.min(Math.floor(((performance.now() - began) / 1e3) * rate!), rate! * seconds!)
  for (; written < due; written++) {
    const line = `{"level":30,"time":${Date.now()},"reqId":"r-${Math.floor(written / 3)}","msg":"order handled n${written} payment accepted stock delivered"}\n`
    const at = performance.now()
    writeSync(1, line)
    times.push(performance.now() - at)
  }
  if (written < rate! * seconds!) return
  clearInterval(timer)
  times.sort((one, other) => one - other)
  const at = (share: number): number => times[Math.floor(times.length * share)]! * 1e3
  writeSync(2, JSON.stringify({ written, p50us: at(0.5), p99us: at(0.99), p999us: at(0.999) }) + '\n')
}, EVERY_MS)
