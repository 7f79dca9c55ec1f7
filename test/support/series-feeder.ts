/** Stands for control: `series-feeder.ts PATH FIRST_MS SERIES PACE_MS` appends a tick of samples at each pace and says so. */
import { writeSync } from 'node:fs'
import { createLogger } from '../../src/core/logger.ts'
import { SCRAPE_MS } from '../../src/core/series/series.ts'
import { SeriesThread } from '../../src/observe/series/store/thread.ts'

const [path = '', firstMs, series, paceMs] = process.argv.slice(2)
const thread = new SeriesThread({ path, logger: createLogger('feeder', (line) => void writeSync(2, line)) })
const labels = Array.from({ length: Number(series) }, (_, index) => ({ index: String(index) }))

// Not before the thread is up: what is measured is a store at work.
await thread.series('fed_total', [])
let atMs = Number(firstMs)
setInterval(() => {
  thread.append(labels.map((those) => ({ metric: 'fed_total', labels: those, atMs, value: atMs / SCRAPE_MS })))
  writeSync(1, `${atMs}\n`)
  atMs += SCRAPE_MS
}, Number(paceMs))
