import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Summary } from '../examples/opinion-market/traffic/run.ts'
import { EXAMPLE } from './market.ts'

export type TrafficSummary = Summary

export interface Traffic {
  /** Resolves when accounts and markets are open and trades are being made. */
  begun(signal: AbortSignal): Promise<void>
  /** Ends it; every account's ledger is compared with the exchange's. */
  finish(): Promise<TrafficSummary>
  kill(): Promise<void>
}

const FINISH_MS = 30_000
const BEGIN_MS = 15_000
const POLL_MS = 100
const TRADES_FIRST = 20

/** The example's own traffic program as a child: users who trade, and check every trade afterwards. */
export function startTraffic(url: string, load: { clients: number; rate: number; seconds: number }): Traffic {
  const options = Object.entries(load).map(([name, value]) => `--${name}=${value}`)
  const child = spawn(process.execPath, [join(EXAMPLE, 'traffic.ts'), `--url=${url}`, ...options, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const closed = once(child, 'close')
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null

  return {
    begun: async (signal) => {
      const deadline = Date.now() + BEGIN_MS
      for (;;) {
        const { trades } = (await (
          await fetch(new URL('/api/audit', url), { signal, headers: { connection: 'close' } })
        ).json()) as { trades: number }
        if (trades >= TRADES_FIRST) return
        if (isOver() || Date.now() > deadline) throw new Error(`the traffic did not begin: ${stdout}`)
        await sleep(POLL_MS, undefined, { signal })
      }
    },
    finish: async () => {
      child.kill('SIGINT')
      const late = setTimeout(() => child.kill('SIGKILL'), FINISH_MS)
      await closed
      clearTimeout(late)
      const summary = stdout === '' ? {} : (JSON.parse(stdout) as Partial<TrafficSummary>)
      if (summary.trades === undefined) throw new Error(`the traffic did not report: ${stdout}`)
      return summary as TrafficSummary
    },
    kill: async () => {
      if (isOver()) return
      child.kill('SIGKILL')
      await closed
    },
  }
}
