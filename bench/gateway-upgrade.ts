/**
 * Upgrades the gateway again and again under load and counts every answer: `npm run bench:upgrades -- --upgrades 20`. Then the
 * same harness does it with workers that retire by plain `server.close()`, which must fail: docs/guides/gateway-upgrade.md.
 */
import { parseArgs } from 'node:util'
import { barsOf, describe, describeBar } from './gateway-upgrade/report.ts'
import { runStyle, STYLES, type StyleResult } from './gateway-upgrade/style.ts'

const { values } = parseArgs({
  options: {
    upgrades: { type: 'string', default: '20' },
    busy: { type: 'string', default: '30' },
    quiet: { type: 'string', default: '20' },
    workers: { type: 'string', default: '2' },
    'seconds-max': { type: 'string', default: '900' },
  },
})
const whole = (name: keyof typeof values): number => {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= 1) return value
  throw new Error(`--${name}: expected a whole number of at least 1, got ${JSON.stringify(values[name])}`)
}
const upgrades = whole('upgrades')
const clients = { busy: whole('busy'), quiet: whole('quiet') }
const workers = whole('workers')
const over = new AbortController()
const limit = setTimeout(() => over.abort(), whole('seconds-max') * 1000)
process.once('SIGINT', () => over.abort())
process.once('SIGTERM', () => over.abort())

const results: StyleResult[] = []
for (const style of STYLES) {
  console.log(
    `${style}: ${upgrades} upgrades, ${clients.busy} busy and ${clients.quiet} quiet clients, ${workers} workers`,
  )
  const onProgress = (text: string): void => console.log(text)
  results.push(await runStyle({ style, upgrades, ...clients, workers, signal: over.signal, onProgress }))
}
clearTimeout(limit)

console.log(`\n${describe(results)}\n`)
const bars = barsOf(results, upgrades)
for (const bar of bars) console.log(describeBar(bar))
process.exit(bars.every(({ held }) => held) ? 0 : 1)
