import assert from 'node:assert/strict'
import { closeSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Limits } from '../../../control/guard/limits.ts'
import { startWitness } from '../../../deploy/witness.ts'
import { createFleet } from '../../admin/fleet.ts'
import { runWorker } from '../../run-worker.ts'
import { saveTable } from '../../table-store.ts'
import { startUpstream, tableOf, throwawayFolder, until } from '../../testing.ts'
import { limitOf, policyOf } from '../../testing-guard.ts'

void test('the witness is known by the word of control, counts in no limit, and nobody else can show it', async () => {
  const state = throwawayFolder()
  const limits = new Limits()
  const adminSocket = join(state, 'gateway.sock')
  const fleet = await createFleet({ socketPath: adminSocket, limits, expected: async () => [], kill: async () => {} })
  await using upstream = await startUpstream()
  const guard = policyOf({ limits: [limitOf({ count: 1 })], connectionsPerClient: 2 })
  saveTable(state, tableOf([upstream.upstream], { guard }))
  const outputDescriptor = openSync(join(state, 'output.log'), 'a')
  const listen = { host: '127.0.0.1', port: 0 }
  const worker = await runWorker({ state, worker: 1, adminSocket, listen, outputDescriptor, retireMs: 100 })
  try {
    const { port } = worker.address
    await until(() => fleet.workers().length === 1)
    const statuses: (number | null)[] = []
    const witness = startWitness({
      entrance: () => ({ port, secure: false }),
      word: limits.witness,
      requests: [{ method: 'GET', host: null, path: '/' }],
      perSecond: 200,
      onObservation: ({ status }) => statuses.push(status),
    })
    await until(() => statuses.length >= 30)
    await witness.stop()
    assert.deepEqual(new Set(statuses), new Set([200]))
    for (const { headers } of upstream.requests) assert.equal(headers['seaworthy-witness'], undefined)
    const ask = async (word: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}`, { headers: { 'seaworthy-witness': word } })).status
    assert.deepEqual([await ask(''), await ask('x'), await ask('x'.repeat(limits.witness.length))], [200, 429, 429])
    assert.notEqual(new Limits().witness, limits.witness)
  } finally {
    await worker.retire()
    await fleet.close()
    closeSync(outputDescriptor)
    rmSync(state, { recursive: true, force: true })
  }
})
