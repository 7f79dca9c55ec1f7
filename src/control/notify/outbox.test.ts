import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { State } from '../state.ts'
import { makeOutbox, MESSAGES_MAX } from './outbox.ts'

const LATER_MS = 3_600_000

function make(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-outbox-'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const outbox = makeOutbox(state)
  const tell = (words: string, nowMs = 0, channel = 'ops'): void => {
    const [incident, kind] = words.split(' ')
    outbox.add({ channel, about: words, body: { letter: { kind: 'alert', notification: { incident, kind } } } }, nowMs)
  }
  const waiting = (nowMs = LATER_MS): readonly string[] => outbox.due(nowMs, 100).map(({ about }) => about)
  return { state, outbox, tell, waiting }
}

/** `fired 1`: the words are what is told, the number tells them apart. */
const CASES: readonly (readonly [told: string, waiting: string])[] = [
  ['fired a, fired b, fired c', 'fired c'],
  ['fired a, resolved b', 'fired a, resolved b'],
  // It came back before anybody could be told that it was over.
  ['fired a, resolved b, fired c', 'fired c'],
  ['fired a, resolved b, fired c, resolved d', 'fired c, resolved d'],
  ['resolved a, fired b, resolved c', 'resolved c'],
  ['fired a, acknowledged b, fired c, fired d', 'fired a, acknowledged b, fired d'],
  ['fired a, escalated b, fired c', 'fired c'],
  ['escalated a, escalated b', 'escalated b'],
  // It was never told of the beginning: an escalation would be dropped with an acknowledgement.
  ['escalated a, fired b, escalated c', 'escalated a, fired b, escalated c'],
]

void test('of one incident the newest of each state waits, and what it was before is not told when it no longer is', (t) => {
  for (const [told, left] of CASES) {
    const { tell, waiting } = make(t)
    for (const words of told.split(', ')) tell(`i1 ${words}`)
    const expected = left.split(', ').map((words) => `i1 ${words}`)
    assert.deepEqual(waiting(), expected, told)
  }
})

void test('other incidents, other channels and what belongs to no incident wait as they are', (t) => {
  const { outbox, tell, waiting } = make(t)
  tell('i1 fired')
  tell('i2 fired')
  tell('i1 fired', 0, 'boss')
  const test = { letter: { kind: 'alert', notification: { incident: null, kind: 'test' } } }
  outbox.add({ channel: 'ops', about: 'test', body: test }, 0)
  outbox.add({ channel: 'ops', about: 'test', body: test }, 0)
  const deploy = { letter: { kind: 'deploy', message: { deploy: 'd1' } } }
  outbox.add({ channel: 'ops', about: 'deploy', body: deploy }, 0)
  outbox.add({ channel: 'ops', about: 'deploy', body: deploy }, 0)
  outbox.add({ channel: 'ops', about: 'old', body: { text: 'as it was' } }, 0)
  assert.equal(waiting().length, 8)
})

void test('what takes the place of another is not tried sooner than that, and is as late as that', (t) => {
  const { outbox, tell, waiting } = make(t)
  tell('i1 fired a')
  for (let n = 0; n < 5; n++) outbox.postpone(outbox.due(LATER_MS, 1)[0]!, 0)
  tell('i1 fired b', 1_000)
  assert.deepEqual(waiting(15_999), [])
  const [message] = outbox.due(16_000, 1)
  assert.deepEqual([message!.about, message!.attempts, message!.createdAt], ['i1 fired b', 5, 1_000])
})

void test('what is on its way while new words come takes nothing of them along when it arrives', (t) => {
  const { outbox, tell, waiting } = make(t)
  tell('i1 fired a')
  const [onItsWay] = outbox.due(0, 1)
  tell('i1 fired b')
  outbox.done(onItsWay!, () => {})
  outbox.postpone(onItsWay!, 0)
  assert.deepEqual(waiting(), ['i1 fired b'])
})

test('what is too much for one channel is given up and said, and takes no room from another', (t) => {
  const { state, tell, waiting } = make(t)
  tell('i0 fired', 0, 'other')
  for (let n = 1; n <= MESSAGES_MAX + 2; n++) tell(`i${n} fired`)
  assert.deepEqual(waiting().slice(0, 2), ['i0 fired', 'i3 fired'])
  assert.deepEqual(
    state.events(0, 100).map(({ kind, text }) => `${kind}: ${text}`),
    [1, 2].map((n) => `notify-given-up: ops was not told (i${n} fired): more than 1000 messages wait for it`),
  )
})
