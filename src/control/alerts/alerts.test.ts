import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startHookSink } from '../../../test/support/hook-sink.ts'
import { until } from '../../../test/support/project.ts'
import { checkConfig, resolveEnvironment } from '../../config/index.ts'
import type { Release } from '../../deploy/release.ts'
import { MemoryStore } from '../../observe/series/memory-store.ts'
import { ChannelFile } from '../notify/channels.ts'
import { makeOutbox } from '../notify/outbox.ts'
import { Postman } from '../notify/postman.ts'
import { State } from '../state.ts'
import { Alerts } from './alerts.ts'
import { ENTRIES_MAX, INCIDENTS_MAX } from './incident-table.ts'

const BEAT_MS = 10_000
const APP = {
  name: 'shop',
  services: { api: { start: 'node main.ts', routes: ['/'] } },
  alerts: {
    channels: { ops: { webhook: 'OPS' }, boss: { webhook: 'BOSS' } },
    routes: [{ to: ['ops'], escalate: [{ after: '1min', to: ['boss'] }] }],
    rules: { 'many-of-them': { when: 'seaworthy_host_load > 5', severity: 'P3' } },
  },
  environments: { local: { target: 'process' } },
} as const

/** Control's part of it, over a real state.db and real sockets; time stands still unless it is told to go on. */
async function make(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-alerts-'))
  mkdirSync(join(folder, 'secrets'))
  const sink = await startHookSink()
  t.after(() => sink[Symbol.asyncDispose]())
  const config = resolveEnvironment(checkConfig(APP, '/app/seaworthy.config.ts'), 'local')
  let now = Date.UTC(2026, 10, 21)
  const clock = { now: () => now, sleep: async () => {} }
  const series = new MemoryStore()
  const errors: string[] = []
  const logger = { debug: () => {}, warn: () => {}, info: () => {}, error: (text: string) => void errors.push(text) }
  let state = new State(join(folder, 'state.db'))
  const release = { id: '1-x', sequence: 1, digest: 'x', config, artifacts: {}, secrets: {}, migrationLevel: 0 }
  state.saveRelease({ ...release, createdAt: 0 } satisfies Release)
  state.set('live', '1-x')
  const channels = new ChannelFile(folder)
  channels.save({
    ops: { kind: 'webhook', url: `${sink.url}/ops` },
    boss: { kind: 'webhook', url: `${sink.url}/boss` },
  })
  let setBackMs = 0
  const takeSetBackMs = (): number => {
    const ms = setBackMs
    setBackMs = 0
    return ms
  }
  const open = () => {
    const outbox = makeOutbox(state)
    const alerts = new Alerts({
      app: 'shop',
      environment: 'local',
      state,
      clock,
      logger,
      query: series,
      outbox,
      channels,
      setBackMs: takeSetBackMs,
    })
    const postman = new Postman({
      outbox,
      channels,
      clock,
      onEvent: () => {},
      timeoutMs: 2_000,
      isWanted: (letter) => alerts.isWanted(letter),
      onOutcome: (...what) => alerts.onOutcome(...what),
      onLate: (...what) => alerts.onLate(...what),
    })
    return { alerts, postman }
  }
  let parts = open()
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    sink,
    channels,
    series,
    errors,
    state: () => state,
    alerts: () => parts.alerts,
    deliver: () => parts.postman.deliver(),
    up: (value: number) =>
      series.append([
        { metric: 'seaworthy_instance_up', labels: { service: 'api', instance: 'api-1' }, atMs: now, value },
        { metric: 'seaworthy_scrape_up', labels: { source: 'host', target: 'host' }, atMs: now, value: 1 },
        { metric: 'seaworthy_host_cpu_cores', labels: {}, atMs: now, value: 2 },
        { metric: 'seaworthy_heartbeat_timestamp_seconds', labels: {}, atMs: now, value: now / 1_000 },
      ]),
    later: (ms: number) => void (now += ms),
    now: () => now,
    /** Somebody sets the clock. `unseen`: while nobody runs. */
    setBack: (ms: number, { unseen = false } = {}) => {
      now -= ms
      if (!unseen) setBackMs += ms
      series.cutFrom(now)
    },
    /** Killed without a word, and started again. */
    restart: () => {
      state.close()
      state = new State(join(folder, 'state.db'))
      parts = open()
    },
  }
}

void test('what is to be told is told, whenever control is killed', async (t) => {
  const night = await make(t)
  night.up(0)
  await night.alerts().evaluate()
  night.restart()
  night.later(5_000)
  night.alerts().look()
  night.restart()
  night.sink.answer(503)
  await night.deliver()
  night.restart()
  night.sink.answer(200)
  night.later(2_000)
  night.alerts().look()
  await night.deliver()
  assert.deepEqual(
    night.sink.of('alert.fired').map(({ body }) => body['id']),
    ['shop/local/i1/fired'],
  )
  night.up(1)
  await night.alerts().evaluate()
  night.later(BEAT_MS)
  night.restart()
  night.alerts().look()
  night.later(BEAT_MS)
  night.restart()
  night.alerts().look()
  await night.deliver()
  assert.equal(night.sink.of('alert.resolved').length, 1)
})

void test('each acknowledgement of an incident that woke somebody anew has an id of its own', async (t) => {
  const night = await make(t)
  night.up(0)
  await night.alerts().evaluate()
  night.later(5_000)
  night.alerts().look()
  const acknowledged = night.alerts().acknowledge('i1', 'anna')
  await night.deliver()
  night.alerts().incidents.save({ ...acknowledged, acknowledgedAtMs: null, messages: 2 })
  night.alerts().acknowledge('i1', 'anna')
  await night.deliver()
  assert.deepEqual(
    night.sink.of('alert.acknowledged').map(({ body }) => body['id']),
    ['shop/local/i1/acknowledged', 'shop/local/i1/acknowledged/1'],
  )
})

void test('PagerDuty has one incident for each, though two environments and a new state.db count from i1 alike', async (t) => {
  const keysOf = async (): Promise<readonly string[]> => {
    const night = await make(t)
    night.channels.save({ ops: { kind: 'pagerduty', url: night.sink.url.replace('//', '//R0UT1NG@') } })
    night.up(0)
    await night.alerts().evaluate()
    night.later(5_000)
    night.alerts().look()
    await night.deliver()
    night.restart()
    night.later(5 * 60_000)
    night.alerts().look()
    night.alerts().acknowledge('i1', 'anna')
    night.alerts().resolve('i1', 'anna', 'known')
    await night.deliver()
    const events = night.sink.got.map(({ body }) => body)
    assert.deepEqual(
      events.map((body) => body['event_action']),
      ['trigger', 'trigger', 'acknowledge', 'resolve'],
    )
    return [...new Set(events.map((body) => body['dedup_key'] as string))]
  }
  const [one, other] = [await keysOf(), await keysOf()]
  assert.deepEqual([one.length, other.length], [1, 1])
  assert.notEqual(one[0], other[0])
  assert.match(one[0]!, /^shop\/local\/i1\/[0-9a-f-]{36}$/)
})

void test('a channel that takes nothing is counted while it does not, and not when it is given up after a day', async (t) => {
  const night = await make(t)
  night.sink.answer(503)
  night.up(0)
  await night.alerts().evaluate()
  night.later(5_000)
  night.alerts().look()
  const failed: (number | undefined)[] = []
  for (let atMs = 0; atMs < 64_000; atMs += 1_000) {
    await night.deliver()
    failed.push(night.alerts().path().told.get('ops')?.failed)
    night.later(1_000)
  }
  assert.deepEqual([failed[0], failed[30], failed[31], failed[63]], [0, 0, 1, 2])
})

void test('a channel that takes nothing for two hours then hears the newest of what goes on, once, and its end', async (t) => {
  const night = await make(t)
  const fired = (): readonly unknown[] => night.sink.of('alert.fired').map(({ body }) => body['id'])
  night.sink.answer(503)
  night.up(0)
  await night.alerts().evaluate()
  night.later(5_000)
  for (let minutes = 0; minutes < 120; minutes++) {
    night.alerts().look()
    await night.deliver()
    night.later(60_000)
  }
  night.sink.answer(200)
  night.later(5 * 60_000)
  await night.deliver()
  assert.deepEqual(fired(), ['shop/local/i1/fired/23'], 'told 24 times, each five minutes after the other')
  night.up(1)
  await night.alerts().evaluate()
  night.later(BEAT_MS)
  night.alerts().look()
  night.later(BEAT_MS)
  night.alerts().look()
  await night.deliver()
  assert.deepEqual([fired().length, night.sink.of('alert.resolved').length], [1, 1])
})

void test('an escalation that waits while somebody answers is not sent', async (t) => {
  const night = await make(t)
  night.up(0)
  await night.alerts().evaluate()
  night.later(5_000)
  night.alerts().look()
  await night.deliver()
  night.later(60_000)
  night.alerts().look()
  night.alerts().acknowledge('i1', 'anna')
  await night.deliver()
  assert.deepEqual(
    [night.sink.of('alert.escalated', '/boss').length, night.sink.of('alert.acknowledged').length],
    [0, 1],
  )
  const { deliver, alerts } = await (async () => {
    const other = await make(t)
    other.up(0)
    await other.alerts().evaluate()
    other.later(5_000)
    other.alerts().look()
    other.later(60_000)
    other.alerts().look()
    return { ...other, sink: other.sink, deliver: () => other.deliver().then(() => other.sink), alerts: other.alerts }
  })()
  assert.equal((await deliver()).of('alert.escalated', '/boss').length, 1, 'the same without an answer')
  assert.equal(alerts().incident('i1').escalated.length, 1)
})

void test('deeds stand in the timeline, with what came of telling people', async (t) => {
  const night = await make(t)
  night.up(0)
  await night.alerts().evaluate()
  night.later(5_000)
  night.alerts().look()
  await night.deliver()
  night.alerts().note('i1', 'anna', 'looks like the disk')
  night.alerts().resolve('i1', 'anna', 'the disk was full')
  await night.deliver()
  assert.deepEqual(
    night
      .alerts()
      .incidents.entries('i1')
      .map(({ kind, by }) => `${kind} ${by}`),
    ['alert control', 'notification control', 'note anna', 'resolved anna', 'notification control'],
  )
  assert.equal(night.alerts().incident('i1').cause, 'the disk was full')
  assert.throws(() => night.alerts().acknowledge('i1', 'otto'), { code: 'incident.over' })
  assert.throws(() => night.alerts().incident('i9'), { code: 'incident.unknown' })
})

void test('a test goes to the channel it names, and counts as told', async (t) => {
  const night = await make(t)
  night.alerts().test('boss', 'anna')
  await night.deliver()
  const [got] = night.sink.of('alert.test', '/boss')
  assert.equal(got!.body['title'], 'anna tries whether this channel works')
  assert.deepEqual(
    [...night.alerts().path().told],
    [
      ['boss', { sent: 1, failed: 0 }],
      ['ops', { sent: 0, failed: 0 }],
    ],
  )
  assert.throws(() => night.alerts().test('nobody', 'anna'), { code: 'alerts.no-channel' })
})

void test('an instance that goes down is known before the next beat', async (t) => {
  const night = await make(t)
  const sink = night.alerts().hearing(night.series)
  const labels = { service: 'api', instance: 'api-1' }
  const atMs = Date.UTC(2026, 10, 21)
  sink.append([{ metric: 'seaworthy_instance_up', labels, atMs: atMs - 1, value: 1 }])
  sink.append([{ metric: 'seaworthy_instance_up', labels, atMs, value: 0 }])
  await until(() => night.alerts().evaluator.alerts().length === 2, 'both alerts', 2_000)
  const states = night
    .alerts()
    .evaluator.alerts()
    .map(({ rule, state }) => `${rule} ${state}`)
  assert.deepEqual(states, ['ServiceDown firing', 'InstanceDown firing'])
  assert.deepEqual(night.errors, [])
})

void test('incidents and their entries are bounded; what is open stays', async (t) => {
  const night = await make(t)
  night.up(0)
  await night.alerts().evaluate()
  night.later(5_000)
  night.alerts().look()
  const { incidents } = night.alerts()
  const open = night.alerts().incident('i1')
  night.state().atomically(() => {
    for (let n = 2; n <= INCIDENTS_MAX + 20; n++)
      incidents.save({ ...open, id: `i${n}`, group: `g${n}`, resolvedAtMs: n })
    for (let n = 0; n < ENTRIES_MAX + 20; n++) night.alerts().note('i1', 'anna', `note ${n}`)
  })
  assert.equal(incidents.list(10_000).length, INCIDENTS_MAX)
  assert.equal(incidents.find('i1')!.id, 'i1')
  const entries = incidents.entries('i1')
  assert.deepEqual([entries.length, entries[0]!.kind, entries.at(-1)!.kind], [ENTRIES_MAX, 'alert', 'note'])
})

void test("rules of the config's own fire like any other", async (t) => {
  const night = await make(t)
  night.up(1)
  const { rules } = night.alerts().overview()
  assert.deepEqual(
    rules.filter(({ origin }) => origin === 'user'),
    [{ name: 'ManyOfThem', severity: 'P3', origin: 'user' }],
  )
})

for (const unseen of [false, true]) {
  const how = unseen ? 'while control was away begins each wait anew' : 'changes nothing of how long things have lasted'
  void test(`a clock set back ${how}`, async (t) => {
    const night = await make(t)
    night.up(0)
    await night.alerts().evaluate()
    night.later(5_000)
    night.alerts().look()
    const [incident] = night.alerts().incidents.list(1)
    const silence = night.alerts().silences.add({
      matchers: [{ label: 'alertname', op: '=', value: 'Nothing' }],
      by: 'eve',
      reason: 'work',
      fromMs: night.now(),
      toMs: night.now() + 60_000,
    })
    const pending = night.alerts().evaluator.alerts()
    night.later(40_000)
    night.setBack(3_600_000, { unseen })
    if (unseen) night.restart()
    night.alerts().look()
    await night.alerts().evaluate()
    const of = (id: string) => night.alerts().incidents.find(id)!
    const agoMs = unseen ? 0 : 45_000
    assert.equal(night.now() - of(incident!.id).openedAtMs, unseen ? 0 : agoMs - 5_000)
    for (const { atMs } of night.alerts().incidents.entries(incident!.id)) assert.ok(atMs <= night.now())
    for (const { rule, activeAtMs } of night
      .alerts()
      .evaluator.alerts()
      .filter(({ activeAtMs: at }) => at !== null))
      if (pending.some((each) => each.rule === rule)) assert.equal(night.now() - activeAtMs!, agoMs, rule)
    if (!unseen) {
      const [{ fromMs, toMs }] = night.alerts().silences.all() as [typeof silence]
      assert.deepEqual([fromMs - night.now(), toMs - night.now()], [-40_000, 20_000])
    }
    // The next step of its escalation comes a minute after it was opened, by the clock that nobody sets.
    const escalated = (): number => of(incident!.id).escalated.length
    night.later(unseen ? 59_000 : 19_000)
    night.up(0)
    await night.alerts().evaluate()
    assert.equal(escalated(), 0)
    night.later(2_000)
    night.alerts().look()
    assert.equal(escalated(), 1)
    // And its end is told as soon as ever.
    night.up(1)
    await night.alerts().evaluate()
    for (let second = 0; second < 12; second++) {
      night.later(1_000)
      night.alerts().look()
    }
    assert.notEqual(of(incident!.id).resolvedAtMs, null)
  })
}
