import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { contractReadings, seriesContract } from '../../../test/contract/series.ts'
import { createLogger } from '../../core/logger.ts'
import { MemoryStore } from './memory-store.ts'
import { SeriesThread } from './store/thread.ts'

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-series-contract-'))
const threads: SeriesThread[] = []
after(async () => {
  for (const thread of threads) await thread.close()
  rmSync(folder, { recursive: true, force: true })
})

seriesContract('in memory', async () => {
  const store = new MemoryStore()
  store.append(contractReadings())
  return store
})

seriesContract('series.db', async () => {
  const thread = new SeriesThread({ path: join(folder, 'series.db'), logger: createLogger('test', () => {}) })
  threads.push(thread)
  thread.append(contractReadings())
  return thread
})
