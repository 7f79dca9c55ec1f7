/**
 * Deploys again and again under load on a real cluster and counts every answer, while pods of the gateway and of the service are
 * deleted: `KUBECONFIG=… npm run bench:kubernetes [-- --deploys 30 --restarts 5 --clients 4]`. Beside it the same witness measures
 * `kubectl rollout restart` of a plain Deployment, which must fail some. The cluster's nodes run the images of this machine's
 * Docker engine; docs/benchmarks.md says what is measured.
 */
import { parseArgs } from 'node:util'
import { importNodeBase } from '../test/support/namespace-project.ts'
import { byRollout } from './kubernetes/by-rollout.ts'
import { bySeaworthy } from './kubernetes/by-seaworthy.ts'
import { conclude, whole } from './swaps/bars.ts'

const { values } = parseArgs({
  options: {
    deploys: { type: 'string', default: '30' },
    restarts: { type: 'string', default: '5' },
    clients: { type: 'string', default: '4' },
  },
})
const clients = whole('clients', values.clients)
const [deploys, restarts] = [whole('deploys', values.deploys), whole('restarts', values.restarts)]

importNodeBase()
console.log(`seaworthy deploy: ${deploys} times, ${clients} clients`)
const ours = await bySeaworthy({ swaps: deploys, clients })
console.log(`kubectl rollout restart: ${restarts} times, ${clients} clients`)
const naive = await byRollout({ swaps: restarts, clients })
process.exitCode = conclude({ ours, naive, swaps: deploys })
