/** `bin/demo [--once]`: the opinion-market deployed, broken, taken back and rolled back, under traffic, with proofs. */
import { parseArgs } from 'node:util'
import { Market } from './market.ts'
import { createProgress } from './progress.ts'
import { story } from './story.ts'
import { describe, failures } from './table.ts'
import { startTraffic } from './traffic.ts'

/** Everything together; the single steps have their own, shorter ones. */
const DEADLINE_MS = 150_000
/** What keeps the page alive while somebody looks at it. */
const GENTLE = { clients: 3, rate: 3, seconds: 86_400 }

const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } })
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort(signal))
process.exitCode = await main(values.once)

async function main(once: boolean): Promise<number> {
  const progress = createProgress(process.stdout)
  const market = new Market(AbortSignal.any([interrupted.signal, AbortSignal.timeout(DEADLINE_MS)]))
  let code = 1
  try {
    const outcome = await story(market, progress)
    progress.say(`\n${describe(outcome)}\n`)
    const failed = failures(outcome)
    code = failed.length === 0 ? 0 : 1
    for (const text of failed) progress.say(`NOT HELD  ${text}`)
    if (code === 0) progress.say('Every expectation held.')
    if (once) progress.say(`It was served at ${outcome.url}`)
    else await stayUp(outcome.url)
  } catch (error) {
    progress.fail(interrupted.signal.aborted ? 'interrupted' : error instanceof Error ? error.message : String(error))
    if (!interrupted.signal.aborted) for (const line of market.lastLines()) progress.say(`| ${line}`)
  } finally {
    await progress
      .step('stopping everything', () => market.stop())
      .catch((error: unknown) => {
        code = 1
        progress.fail(error instanceof Error ? error.message : String(error))
      })
    progress.close()
  }
  return code

  async function stayUp(url: string): Promise<void> {
    const traffic = startTraffic(url, GENTLE)
    progress.say(`\nOpen ${url} — Ctrl-C stops everything.`)
    await new Promise((resolve) => interrupted.signal.addEventListener('abort', resolve, { once: true }))
    await traffic.kill()
  }
}
