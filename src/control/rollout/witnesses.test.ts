import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { monotonicNs } from '../../core/clock.ts'
import { createLogger } from '../../core/logger.ts'
import type { DeployRecord } from '../../deploy/journal.ts'
import { throwawayFolder, until } from '../../gateway/testing.ts'
import { State } from '../state.ts'
import { Witnesses } from './witnesses.ts'

test('an answer by a switch that is under way is judged when the switch is known', async (t) => {
  const folder = throwawayFolder()
  const state = new State(join(folder, 'state.db'))
  let serving = '2-new'
  const server = createServer((_request, response) => response.setHeader('Seaworthy-Release', serving).end())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(async () => {
    await witnesses.stop('d1')
    server.close()
    server.closeAllConnections()
    state.close()
    rmSync(folder, { recursive: true })
  })
  const { port } = server.address() as AddressInfo
  const entrance = () => ({ port, secure: false })
  const witnesses = new Witnesses(
    state,
    { entrance, word: '' },
    createLogger('control', () => {}),
  )
  const requests = [{ method: 'GET', host: null, path: '/' }]
  const plan = { release: { config: { witness: { requests, perSecond: 50 } } } }
  const seen = (): number => witnesses.summary('d1').sent
  const switched = (to: string, atNs: number): void =>
    witnesses.switched('d1', { to, firstAckNs: atNs, lastAckNs: atNs }, 1, 0)
  state.set('live', '1-old')
  witnesses.start({ id: 'd1', plan } as unknown as DeployRecord)
  switched('2-new', monotonicNs())
  await until(() => seen() >= 2)

  const before = seen()
  let answers = 0
  {
    using _ = witnesses.switching('d1')
    // As the first worker does: it answers by the table that it has just got.
    const appliedNs = monotonicNs()
    serving = '1-old'
    server.on('request', () => (answers += 1))
    await until(() => answers >= 4)
    assert.ok(seen() <= before + 1, 'judged by what is not known yet')
    switched('1-old', appliedNs)
  }
  await witnesses.stop('d1')
  const { sent, failed, flipBacks, releases } = witnesses.summary('d1')
  assert.ok(sent >= before + 3)
  assert.deepEqual([failed, flipBacks], [0, 0])
  assert.ok(releases['1-old']!.answers >= 3)
})
