/**
 * Deploys again and again under load on a real Docker engine and counts every answer: `npm run bench:docker [-- --deploys 100
 * --recreations 10 --clients 4]`. Beside it the same witness measures `docker compose up -d`, which must fail some: a bench that
 * cannot see failures proves nothing. Needs `dockerd` and `docker-compose`; docs/benchmarks.md says what is measured.
 */
import { parseArgs } from 'node:util'
import { nodeArchive, startEngine } from '../test/support/docker-engine.ts'
import { byCompose } from './docker/by-compose.ts'
import { bySeaworthy } from './docker/by-seaworthy.ts'
import { describe } from './docker/result.ts'

/** What generated Dockerfiles begin with; no registry is asked. */
const BASE = 'node:24-bookworm-slim'

const { values } = parseArgs({
  options: {
    deploys: { type: 'string', default: '100' },
    recreations: { type: 'string', default: '10' },
    clients: { type: 'string', default: '4' },
  },
})
const clients = whole('clients')
const [deploys, recreations] = [whole('deploys'), whole('recreations')]

using base = nodeArchive()
await using engine = await startEngine()
engine.docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, BASE)
console.log(`seaworthy deploy: ${deploys} times, ${clients} clients`)
const ours = await bySeaworthy(engine, { swaps: deploys, clients })
console.log(`docker compose up -d: ${recreations} times, ${clients} clients`)
const naive = await byCompose(engine, { swaps: recreations, clients, base: BASE })

console.log(`\n${describe([ours, naive])}\n`)
const bars = [
  { name: 'failed requests', figure: ours.failures.length, bar: '0', held: ours.failures.length === 0 },
  { name: 'failed by compose', figure: naive.failures.length, bar: '> 0', held: naive.failures.length > 0 },
]
for (const { name, figure, bar, held } of bars)
  console.log(`bar ${name}: ${figure}, bar ${bar}: ${held ? 'held' : 'missed'}`)
process.exitCode = bars.every(({ held }) => held) && ours.swaps === deploys ? 0 : 1

function whole(name: keyof typeof values): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= 1) return value
  throw new Error(`--${name}: expected a whole number of at least 1, got ${JSON.stringify(values[name])}`)
}
