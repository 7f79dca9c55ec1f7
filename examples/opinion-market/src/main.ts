/** The exchange: reads its environment, listens, and leaves in order on SIGTERM. */
import { once } from 'node:events'
import { Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHealth } from './http/health.ts'
import { createHttpServer } from './http/server.ts'
import { createPriceFeed } from './live/price-feed.ts'
import { createLog, reasonOf } from './log.ts'
import { createRot } from './release.ts'
import { readSettings, type Settings } from './settings.ts'
import { createStore } from './store/store.ts'

/** Less than the 10 s of grace, so that it is this program that ends itself. */
const LEAVE_MS = 8_000
/** How long an idle connection may still deliver a request that was on its way. */
const LINGER_MS = 300
const POLL_MS = 20

const settings = readSettingsOrExit()
const { host, port, release, releaseId } = settings
const log = createLog((line) => process.stdout.write(line), { release: releaseId, version: release.version })
const store = createStore(settings.databasePath)
const health = createHealth({ store, release })
const feed = createPriceFeed({ store, release, releaseId, log })
const rot = createRot({ release, afterMs: settings.rotsAfterMs, now: () => performance.now() })
const http = createHttpServer({ ...settings, store, health, log, rot })

http.server.on('upgrade', feed.upgrade)
http.server.listen(port, host)
await once(http.server, 'listening')
const address = http.server.address()
log.info('listening', {
  host,
  port: typeof address === 'object' ? address?.port : port,
  unready: health.unreadyReason(),
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void leave(signal))

async function leave(signal: string): Promise<void> {
  log.info('stopping', { signal, inFlight: http.inFlight() })
  const until = performance.now() + LEAVE_MS
  health.stopping()
  http.stopping()
  // http.Server's own close() also cuts idle keep-alive connections, on which a request may already be on its way.
  Server.prototype.close.call(http.server)
  await Promise.all([feed.close(), sleep(LINGER_MS)])
  while (http.inFlight() > 0 && performance.now() < until) await sleep(POLL_MS)

  const cut = http.inFlight()
  http.server.closeAllConnections()
  store.close()
  health.close()
  if (cut > 0) log.error('stopped with requests cut off', { cut })
  else log.info('stopped')
  process.exitCode = cut > 0 ? 1 : 0
}

function readSettingsOrExit(): Settings {
  try {
    return readSettings(process.env)
  } catch (error) {
    process.stderr.write(`${reasonOf(error)}\n`)
    return process.exit(2)
  }
}
