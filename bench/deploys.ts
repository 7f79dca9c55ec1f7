/**
 * Deploys again and again under load and counts every answer: `npm run bench:deploys -- --deploys 100 --clients 40`.
 * Then the same harness deploys in two wrong ways, which must fail: a bench that cannot see failures proves nothing.
 * docs/benchmarks.md says what is measured and how.
 */
import { readOptions } from './deploys/options.ts'
import { barsOf, describe, describeBar } from './deploys/report.ts'
import { runStyle, STYLES, type StyleResult } from './deploys/style.ts'

const options = readOptions(process.argv.slice(2))
const over = new AbortController()
const limit = setTimeout(() => over.abort(`stopped after ${options.secondsMax} s`), options.secondsMax * 1000)
process.once('SIGINT', () => over.abort('interrupted'))
process.once('SIGTERM', () => over.abort('interrupted'))

const results: StyleResult[] = []
for (const style of STYLES) {
  if (over.signal.aborted) break
  const deploys = style === 'seaworthy' ? options.deploys : options.controlSwaps
  const { clients, sockets, protocol } = options
  console.log(`${style}: ${deploys} deploys, ${clients} clients over ${protocol}, ${sockets} WebSockets`)
  const onProgress = (text: string): void => console.log(text)
  results.push(await runStyle({ style, deploys, clients, sockets, protocol, signal: over.signal, onProgress }))
}
clearTimeout(limit)

console.log(`\n${describe(results)}\n`)
const bars = barsOf(results, options)
for (const bar of bars) console.log(describeBar(bar))
const complete = results.length === STYLES.length && results.every(({ incomplete }) => incomplete === null)
if (!complete) console.log('incomplete: see above')
process.exit(complete && bars.every(({ held }) => held) ? 0 : 1)
