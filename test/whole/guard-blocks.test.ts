/** Blocks in a real environment: on every worker, over every restart, on record. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FromWorker, ToWorker } from '../../src/gateway/admin/protocol.ts'
import { readJsonLines, toJsonLine } from '../../src/core/json-lines.ts'
import { monotonicNs } from '../../src/core/clock.ts'
import type { SecurityEvent } from '../../src/guard/event.ts'
import { newestEvents } from '../../src/control/guard/events/query.ts'
import type { EventRecord } from '../../src/control/guard/events/record.ts'
import { socketPath } from '../../src/keeper/paths.ts'
import { statusesFor, statusFor } from '../support/clients.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

const WORKERS = 4
const ATTACKER = '127.0.0.2'
const BYSTANDER = '127.0.0.3'
const OPERATOR = 'anna@test'

function configOf(guard: object = {}): object {
  return {
    ...plainConfig(),
    gateway: { listen: { http: 0 }, workers: WORKERS, accessLog: true },
    guard: { connections: { perClient: 200 }, ...guard },
  }
}

/** Statuses that each worker's own log has for a path. */
function statusesInLogs(project: TestProject, path: string): readonly (readonly number[])[] {
  return Array.from({ length: WORKERS }, (_, index) => {
    const lines = readFileSync(join(project.stateFolder, 'logs', `gateway-${index + 1}.log`), 'utf8').split('\n')
    return lines.flatMap((line) => {
      if (!line.includes(`"path":"${path}"`)) return []
      return [(JSON.parse(line) as { status: number }).status]
    })
  })
}

let asked = 0

/** Asks until every worker has answered the client, and returns what all of them said. */
async function askAllWorkers(project: TestProject, port: number, client: string): Promise<readonly number[]> {
  const path = `/asked-${++asked}`
  await until(async () => {
    await statusesFor(port, client, 40, path)
    return statusesInLogs(project, path).every(({ length }) => length > 0)
  }, `an answer of each worker to ${client}`)
  return [...new Set(statusesInLogs(project, path).flat())]
}

test('a client that is blocked gets 403 from every worker, over restarts of workers and control, until it is unblocked', async (t) => {
  await using project = new TestProject(configOf())
  await project.must(['up', '--detach'])
  const port = await project.port()
  assert.deepEqual(await askAllWorkers(project, port, ATTACKER), [200])

  const { reached } = await project.control.call('guard.block', {
    address: ATTACKER,
    reason: 'test',
    forMs: null,
    by: OPERATOR,
  })
  assert.deepEqual(reached, { applied: WORKERS, workers: WORKERS })
  assert.deepEqual(await statusesFor(port, ATTACKER, 100), { 403: 100 })
  assert.deepEqual(await askAllWorkers(project, port, ATTACKER), [403])
  assert.deepEqual(await askAllWorkers(project, port, BYSTANDER), [200])

  await t.test('a worker that is killed comes back refusing, also while control is away', async () => {
    // What a process held when it was killed is lost.
    await untilOnRecord(project, 100)
    const { gateway, controlPid } = await project.status()
    process.kill(controlPid, 'SIGSTOP')
    try {
      for (const { pid } of gateway) process.kill(pid!, 'SIGKILL')
      await until(async () => (await statusFor(port, BYSTANDER)) === 200, 'the new workers')
      assert.deepEqual(await statusesFor(port, ATTACKER, 100), { 403: 100 })
    } finally {
      process.kill(controlPid, 'SIGCONT')
    }
  })
  await t.test('control that is killed knows the block again', async () => {
    await untilOnRecord(project, 200)
    const { controlPid } = await project.status()
    process.kill(controlPid, 'SIGKILL')
    assert.deepEqual(await statusesFor(port, ATTACKER, 40), { 403: 40 })
    await until(async () => (await project.status()).controlPid !== controlPid, 'the next control')
    const { blocks } = await project.control.call('guard.blocks', { by: OPERATOR })
    assert.deepEqual(
      blocks.map(({ address, source, by, reason }) => [address, source, by, reason]),
      [[ATTACKER, 'manual', OPERATOR, 'test']],
    )
    assert.deepEqual(await askAllWorkers(project, port, ATTACKER), [403])
  })
  await t.test('a whole environment that stops and starts has it still', async () => {
    await project.must(['stop'])
    await project.must(['up', '--detach'])
    const next = await project.port()
    assert.deepEqual(await statusesFor(next, ATTACKER, 40), { 403: 40 })
    const { reached: freed } = await project.control.call('guard.unblock', { address: ATTACKER, by: OPERATOR })
    assert.deepEqual(freed, { applied: WORKERS, workers: WORKERS })
    assert.deepEqual(await statusesFor(next, ATTACKER, 100), { 200: 100 })
  })
  await t.test('all of it is on record', async () => {
    const trail = JSON.parse((await project.must(['audit-trail', '--json', '--limit', '1000'])).stdout) as {
      what: string
      who: string
    }[]
    // Our own looks at the events are on record as well.
    const guard = trail
      .filter(({ what }) => what.startsWith('guard.') && what !== 'guard.events')
      .map(({ what, who }) => [what, who])
    assert.deepEqual(guard, [
      ['guard.block', OPERATOR],
      ['guard.blocks', OPERATOR],
      ['guard.unblock', OPERATOR],
    ])
    await untilOnRecord(project, 280)
    const { events } = await project.control.call('guard.events', { limit: 1_000, by: OPERATOR })
    const kinds = new Set(events.map(({ kind }) => kind))
    assert.deepEqual([...kinds].toSorted(), ['block-added', 'block-removed', 'blocked'])
    const refused = events.filter(({ kind }) => kind === 'blocked')
    assert.ok(refused.length < countOf(refused), 'a flood is told in few events')
  })
})

function countOf(events: readonly { readonly count?: number }[]): number {
  return events.reduce((sum, { count = 1 }) => sum + count, 0)
}

/** So many requests of blocked clients, at least. */
async function untilOnRecord(project: TestProject, refusals: number): Promise<void> {
  const filter = { kind: 'blocked' } as const
  await until(
    async () =>
      countOf((await project.control.call('guard.events', { filter, limit: 1_000, by: OPERATOR })).events) >= refusals,
    `${refusals} refusals to be on record`,
  )
}

test('attacks earn an automatic block on every worker, never for the allow-list, and the log tells all of it', async (t) => {
  const allowed = '127.0.0.9'
  await using project = new TestProject(configOf({ allow: [allowed] }))
  await project.must(['up', '--detach'])
  const port = await project.port()
  const attack = (client: string): Promise<number> => statusFor(port, client, "/search?q=1'%20OR%20'1'%3D'1")

  for (let count = 0; count < 40; count++) assert.equal(await attack(allowed), 403)
  for (let count = 0; count < 2; count++) assert.equal(await attack(BYSTANDER), 403)
  const attacks: number[] = []
  while (attacks.length < 20 && (await statusFor(port, ATTACKER)) === 200) attacks.push(await attack(ATTACKER))
  t.diagnostic(`blocked after ${attacks.length} attacks`)
  assert.ok(attacks.length >= 4 && attacks.length < 20, `${attacks.length} attacks`)

  assert.deepEqual(await askAllWorkers(project, port, ATTACKER), [403])
  assert.deepEqual(await askAllWorkers(project, port, allowed), [200])
  assert.deepEqual(await askAllWorkers(project, port, BYSTANDER), [200])

  const { blocks } = await project.control.call('guard.blocks', { by: OPERATOR })
  assert.deepEqual(
    blocks.map(({ address, source, by }) => [address, source, by]),
    [[ATTACKER, 'automatic', 'control']],
  )
  assert.match(blocks[0]!.reason, /^risk \d+: sqli \d+$/)
  assert.equal(blocks[0]!.untilMs! - blocks[0]!.atMs, 15 * 60_000)
  const status = await project.control.call('guard.status', { by: OPERATOR })
  assert.equal(status.clients[0]?.client, allowed)
  assert.equal(status.classes[0]?.class, 'sqli')
  assert.ok(status.risk > 50, `${status.risk}`)

  const { stdout } = await project.must(['guard', 'events', '--class', 'sqli', '--client', ATTACKER, '--json'])
  const events = JSON.parse(stdout) as EventRecord[]
  assert.equal(
    events.reduce((sum, { count = 1 }) => sum + count, 0),
    attacks.length,
  )
  assert.equal(events[0]?.evidence[0]?.location, 'query')
  const added = await newestEvents(project.stateFolder, { kind: 'block-added' }, 1)
  assert.ok(added[0]!.sequence > events[3]!.sequence, 'what was seen stands before what came of it')
  const tried = await project.run(['guard', 'try', '--path', '/', '--client', ATTACKER])
  assert.equal(tried.code, 1)
  assert.match(tried.stdout, /is refused with 403[\s\S]*reputation +403 +127\.0\.0\.2 is blocked until/)

  await project.must(['guard', 'unblock', ATTACKER])
  assert.equal(await attack(ATTACKER), 403)
  assert.deepEqual(await askAllWorkers(project, port, ATTACKER), [200])
  assert.match((await project.must(['guard', 'events', '--verify'])).stdout, /events follow each other/)
})

test('what one worker has reported, all of them refuse a moment later', async (t) => {
  await using project = new TestProject(configOf())
  await project.must(['up', '--detach'])
  const port = await project.port()
  await using worker = await connectAsWorker(project.stateFolder)
  const took: number[] = []
  for (let round = 10; round < 31; round++) {
    const client = `127.0.0.${round}`
    assert.equal(await statusFor(port, client), 200)
    const sentNs = monotonicNs()
    // What a worker receives, the others receive in the same moment: control sends to all of them.
    const blocked = worker.untilBlocked(client)
    worker.report(attacksOf(client, 4))
    await blocked
    took.push((monotonicNs() - sentNs) / 1e6)
    assert.deepEqual(await statusesFor(port, client, 40), { 403: 40 })
  }
  took.sort((one, other) => one - other)
  t.diagnostic(`report to block: median ${took[10]!.toFixed(1)} ms, longest ${took[20]!.toFixed(1)} ms, 21 rounds`)
})

test('what is wrong is refused and names its reason', async () => {
  await using project = new TestProject(configOf({ allow: ['198.51.100.0/24'] }))
  await project.must(['up', '--detach'])
  const { control } = project
  const block = (address: string, parts: object = {}): Promise<unknown> =>
    control.call('guard.block', { address, reason: 'test', forMs: null, by: OPERATOR, ...parts })
  const wrong = [
    ...['nowhere', '', '1.2.3.4.5', '1.2.3.4/33', '1.2.3.4 ', '::1::'].map(
      (address) => [block(address), /^api\./] as const,
    ),
    [block('10.0.0.0/7'), /^guard\.too-wide$/] as const,
    [block('2001::/15'), /^guard\.too-wide$/] as const,
    [block('198.51.100.7'), /^guard\.allowed$/] as const,
    [block('192.0.2.1', { by: '' }), /^api\.wrong-input$/] as const,
    [block('192.0.2.1', { reason: 'a\nb' }), /^api\.wrong-input$/] as const,
    [block('192.0.2.1', { forMs: -1 }), /^api\.wrong-input$/] as const,
    [control.call('guard.unblock', { address: '192.0.2.1', by: OPERATOR }), /^guard\.not-blocked$/] as const,
    [control.call('guard.events', { filter: { kind: 'nonsense' }, by: OPERATOR }), /^api\.wrong-input$/] as const,
    [control.call('guard.events', { limit: 1e9, by: OPERATOR }), /^api\.wrong-input$/] as const,
    [control.call('guard.blocks', {} as never), /^api\.wrong-input$/] as const,
  ]
  for (const [index, [call, code]] of wrong.entries())
    await assert.rejects(call, (error: { code: string }) => code.test(error.code), `call ${index}`)
  assert.deepEqual((await control.call('guard.blocks', { by: OPERATOR })).blocks, [])
})

function attacksOf(client: string, count: number): readonly SecurityEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: 'threat' as const,
    atMs: Date.now(),
    client,
    correlationId: `c${index}`,
    method: 'GET',
    path: '/search',
    refused: true,
    class: 'sqli' as const,
    score: 100,
    evidence: [],
    principal: null,
    reason: 'test',
  }))
}

/** One more worker that serves nobody and reports what it is told to. */
async function connectAsWorker(
  stateFolder: string,
): Promise<
  AsyncDisposable & { report(events: readonly SecurityEvent[]): void; untilBlocked(client: string): Promise<void> }
> {
  const socket = connect(socketPath(stateFolder, 'gateway'))
  let batch = 0
  const waiting = new Map<string, () => void>()
  const send = (message: FromWorker): void => void socket.write(toJsonLine(message))
  readJsonLines(socket, (value) => {
    const message = value as ToWorker
    if (message.type === 'table') send({ type: 'applied', version: message.table.version, atNs: monotonicNs() })
    if (message.type === 'blocks-changed')
      for (const change of message.changes) if ('add' in change) waiting.get(change.add.address)?.()
    if (message.type === 'blocks' || message.type === 'blocks-changed')
      send({ type: 'blocks-applied', version: message.version })
  })
  await new Promise((resolve) => socket.once('connect', resolve))
  send({ type: 'hello', worker: 99, pid: process.pid, incarnation: 'test', version: 0, token: 0 })
  return {
    report: (events) => send({ type: 'security', batch: ++batch, events }),
    untilBlocked: (client) => new Promise((resolve) => waiting.set(client, resolve)),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.destroy()
      await closed
    },
  }
}
