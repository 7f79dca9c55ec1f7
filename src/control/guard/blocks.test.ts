import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ToWorker } from '../../gateway/admin/protocol.ts'
import { Blocks } from './blocks.ts'

function make(): Blocks {
  return new Blocks({ file: null, now: () => 0, allowed: () => [], trusted: () => [], onChange: () => {} })
}

const BY_HAND = { reason: 'test', forMs: null, by: 'anna@host' }

function peer() {
  const heard: ToWorker[] = []
  const versions = () => heard.flatMap((message) => ('version' in message ? [message.version] : []))
  return { heard, versions, send: (message: ToWorker) => void heard.push(message) }
}

test('workers hear every change in order, one that connects hears all of it, and who asks waits for all of them', async () => {
  const blocks = make()
  const [first, second] = [peer(), peer()]
  blocks.workers.joined(first, blocks.book.list())
  const adding = blocks.add('192.0.2.1', BY_HAND)
  // One that connects while somebody waits is waited for too.
  blocks.workers.joined(second, blocks.book.list())
  for (const one of [second, first]) blocks.workers.applied(one, one.versions().at(-1)!)
  assert.deepEqual((await adding).reached, { applied: 2, workers: 2 })
  assert.deepEqual(
    first.heard.map(({ type }) => type),
    ['blocks', 'blocks-changed'],
  )
  const [whole] = second.heard as [Extract<ToWorker, { type: 'blocks' }>]
  assert.deepEqual(
    whole.blocks.map(({ address }) => address),
    ['192.0.2.1'],
  )
  const leaving = blocks.remove('192.0.2.1', 'anna@host')
  blocks.workers.gone(second)
  blocks.workers.applied(first, first.versions().at(-1)!)
  assert.deepEqual((await leaving).reached, { applied: 1, workers: 1 })
})

test('a worker that does not answer is told of as one that does not know', async () => {
  const blocks = make()
  blocks.workers.joined(peer(), [])
  assert.deepEqual((await blocks.add('192.0.2.1', BY_HAND)).reached, { applied: 0, workers: 1 })
})

test('what is no address is refused at the border', async () => {
  await assert.rejects(make().add('nowhere', BY_HAND), { code: 'api.not-address' })
})
