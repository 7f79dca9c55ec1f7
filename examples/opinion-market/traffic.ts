/**
 * Trades on a running exchange and checks afterwards that nothing was lost, doubled or invented.
 * `node traffic.ts --url http://127.0.0.1:8080 --clients 20 --seconds 30 [--rate 100] [--sockets 5] [--json]`
 * Exits 0 when all is well, 1 when a request failed or the ledgers disagree, 2 on a wrong option.
 */
import { parseArgs } from 'node:util'
import { narrate } from './traffic/narrate.ts'
import { runTraffic } from './traffic/run.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

const options = optionsOrExit()
try {
  const summary = await runTraffic({ ...options, random: Math.random, signal: stop.signal })
  console.log(options.json ? JSON.stringify(summary) : narrate(summary))
  process.exitCode = summary.good ? 0 : 1
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error)
  console.log(options.json ? JSON.stringify({ good: false, problems: [reason] }) : `NOT GOOD: ${reason}`)
  process.exitCode = 1
}

function optionsOrExit(): { url: URL; clients: number; seconds: number; rate: number; sockets: number; json: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        url: { type: 'string', default: 'http://127.0.0.1:8080' },
        clients: { type: 'string', default: '20' },
        seconds: { type: 'string', default: '30' },
        rate: { type: 'string', default: '100' },
        sockets: { type: 'string', default: '5' },
        json: { type: 'boolean', default: false },
      },
    })
    const number = (name: 'clients' | 'seconds' | 'rate' | 'sockets', min: number, max: number): number => {
      const value = Number(values[name])
      if (!(value >= min && value <= max))
        throw new Error(`--${name}: expected a number from ${min} to ${max}, got "${values[name]}"`)
      return value
    }
    return {
      url: new URL(values.url),
      clients: Math.floor(number('clients', 1, 500)),
      seconds: number('seconds', 0.1, 86_400),
      rate: number('rate', 0.1, 10_000),
      sockets: Math.floor(number('sockets', 0, 500)),
      json: values.json,
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    return process.exit(2)
  }
}
