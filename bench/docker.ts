/**
 * Deploys again and again under load on a real Docker engine and counts every answer: `npm run bench:docker [-- --deploys 100
 * --recreations 10 --clients 4]`. Beside it the same witness measures `docker compose up -d`, which must fail some: a bench that
 * cannot see failures proves nothing. Needs `dockerd` and `docker-compose`; docs/benchmarks.md says what is measured.
 */
import { parseArgs } from 'node:util'
import { NODE_BASE, nodeArchive, startEngine } from '../test/support/docker-engine.ts'
import { byCompose } from './docker/by-compose.ts'
import { bySeaworthy } from './docker/by-seaworthy.ts'
import { conclude, whole } from './swaps/bars.ts'

const { values } = parseArgs({
  options: {
    deploys: { type: 'string', default: '100' },
    recreations: { type: 'string', default: '10' },
    clients: { type: 'string', default: '4' },
  },
})
const clients = whole('clients', values.clients)
const [deploys, recreations] = [whole('deploys', values.deploys), whole('recreations', values.recreations)]

using base = nodeArchive()
await using engine = await startEngine()
engine.docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE)
console.log(`seaworthy deploy: ${deploys} times, ${clients} clients`)
const ours = await bySeaworthy(engine, { swaps: deploys, clients })
console.log(`docker compose up -d: ${recreations} times, ${clients} clients`)
const naive = await byCompose(engine, { swaps: recreations, clients, base: NODE_BASE })
process.exitCode = conclude({ ours, naive, swaps: deploys })
