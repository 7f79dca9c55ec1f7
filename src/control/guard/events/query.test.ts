import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, appendFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../../core/clock.ts'
import type { SecurityEvent } from '../../../guard/event.ts'
import { State } from '../../state.ts'
import { eventFiles } from './files.ts'
import { EventLog } from './log.ts'
import { newestEvents, type EventFilter } from './query.ts'
import { controlEvent } from './record.ts'

const START = Date.parse('2026-11-21T08:00:00Z')
const MINUTE = 60_000

async function logOf(t: TestContext, events: readonly SecurityEvent[], fileBytesMax = 20_000): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-query-'))
  const state = new State(join(folder, 'state.db'))
  const log = new EventLog({ folder, state, clock: systemClock, onTrouble: assert.fail, fileBytesMax })
  t.after(async () => {
    await log.close()
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  for (let at = 0; at < events.length; at += 50) await log.append(events.slice(at, at + 50))
  return folder
}

const eventOf = (index: number, parts: Partial<SecurityEvent> = {}): SecurityEvent => ({
  ...controlEvent('threat', START + index * MINUTE, {
    client: `192.0.2.${index % 10}`,
    reason: 'ü'.repeat(index % 40),
  }),
  path: index % 2 === 0 ? '/api/users' : '/apix',
  class: index % 3 === 0 ? 'sqli' : 'xss',
  ...parts,
})

test('over many files the newest that fit are found, oldest first, by every part of the filter and all of them', async (t) => {
  const events = Array.from({ length: 400 }, (_, index) =>
    eventOf(index, index % 7 === 0 ? { kind: 'blocked', class: null } : {}),
  )
  const folder = await logOf(t, events)
  assert.ok(eventFiles(folder).length > 4)
  const numbers = async (filter: EventFilter, limit = 10_000): Promise<number[]> =>
    (await newestEvents(folder, filter, limit)).map(({ sequence }) => sequence)
  const wanted = (fits: (event: SecurityEvent, index: number) => boolean): number[] =>
    events.flatMap((event, index) => (fits(event, index) ? [index + 1] : []))
  const sinceMs = START + 150 * MINUTE
  assert.deepEqual(
    await numbers({}),
    wanted(() => true),
  )
  assert.deepEqual(await numbers({}, 3), [398, 399, 400])
  assert.deepEqual(
    await numbers({ kind: 'blocked' }),
    wanted(({ kind }) => kind === 'blocked'),
  )
  assert.deepEqual(
    await numbers({ class: 'sqli' }),
    wanted((event) => event.class === 'sqli'),
  )
  assert.deepEqual(
    await numbers({ client: '192.0.2.3' }),
    wanted(({ client }) => client === '192.0.2.3'),
  )
  assert.deepEqual(
    await numbers({ route: '/api' }),
    wanted(({ path }) => path === '/api/users'),
  )
  assert.deepEqual(
    await numbers({ sinceMs }),
    wanted(({ atMs }) => atMs >= sinceMs),
  )
  assert.deepEqual(
    await numbers({ untilMs: sinceMs }),
    wanted(({ atMs }) => atMs <= sinceMs),
  )
  assert.deepEqual(
    await numbers({ after: 390 }),
    wanted((_, index) => index >= 390),
  )
  assert.deepEqual(
    await numbers({ sinceMs, class: 'sqli', client: '192.0.2.6', route: '/api/users' }),
    wanted(
      (event) =>
        event.atMs >= sinceMs && event.class === 'sqli' && event.client === '192.0.2.6' && event.path === '/api/users',
    ),
  )
})

test('a long file is read piece by piece from its end, whatever a piece cuts', async (t) => {
  const events = Array.from({ length: 3_000 }, (_, index) => eventOf(index, { reason: 'ü'.repeat(index % 150) }))
  const folder = await logOf(t, events, 100_000_000)
  const [file] = eventFiles(folder)
  const found = await newestEvents(folder, {}, 10_000)
  assert.deepEqual(
    found.map(({ sequence, reason }) => [sequence, reason.length]),
    events.map(({ reason }, index) => [index + 1, reason.length]),
  )
  appendFileSync(file!.path, '{"kind":"threat","time":"2026')
  assert.equal((await newestEvents(folder, {}, 1))[0]?.sequence, 3_000)
})

test('an event that stands for many is found by its last one', async (t) => {
  const folder = await logOf(t, [eventOf(0, { count: 10, untilMs: START + 60 * MINUTE })])
  assert.equal((await newestEvents(folder, { sinceMs: START + 60 * MINUTE }, 10)).length, 1)
  assert.equal((await newestEvents(folder, { sinceMs: START + 60 * MINUTE + 1 }, 10)).length, 0)
})
