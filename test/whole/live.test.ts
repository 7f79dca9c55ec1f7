/** The live stream of a running control: over its death, to its stop, and as the OpenAPI file describes it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Schema } from '../../docs/generate/openapi-schema.ts'
import { followLive, type FollowLiveOptions, type LiveNews } from '../../src/control/api/live-client.ts'
import { TOPICS } from '../../src/control/api/live-events.ts'
import { socketPath } from '../../src/keeper/paths.ts'
import { plainConfig, root, TestProject, until } from '../support/project.ts'
import { faultsOf } from '../support/schema-check.ts'

const WITHIN_MS = 60_000

/** Counts aloud, two hundred times a second. */
const TICKING = `
import './plain.mjs'
let count = 0
setInterval(() => console.log(JSON.stringify({ level: 'info', message: 'tick ' + count++ })), 5)
`

interface Following {
  readonly news: readonly LiveNews[]
  readonly count: (event: LiveNews['event']) => number
  readonly end: () => Promise<void>
  readonly ended: Promise<void>
}

function follow(project: TestProject, options: Omit<FollowLiveOptions, 'signal'>): Following {
  const stop = new AbortController()
  const news: LiveNews[] = []
  const ended = (async () => {
    const socket = socketPath(project.stateFolder, 'control')
    for await (const one of followLive(socket, { ...options, signal: stop.signal, awayMs: WITHIN_MS })) news.push(one)
  })()
  const end = async (): Promise<void> => {
    stop.abort()
    await ended
  }
  return { news, count: (event) => news.filter((one) => one.event === event).length, end, ended }
}

void test('events and lines are told each once, whatever becomes of control; values are as they are described', async (t) => {
  await using project = new TestProject(plainConfig({ service: { start: 'node ticking.mjs' } }), {
    'ticking.mjs': TICKING,
  })
  await project.must(['up', '--detach'])
  const all = follow(project, { topics: TOPICS })
  const ticks = follow(project, { topics: ['logs'], lines: { service: 'api', text: 'tick' } })
  const numbers = (): readonly number[] =>
    ticks.news.flatMap((one) => (one.event === 'line' ? [Number(one.data.text.slice('tick '.length))] : []))
  const { control } = project
  for (let kill = 1; kill <= 3; kill++) {
    await until(() => all.count('connected') === kill && ticks.count('connected') === kill, 'connections', WITHIN_MS)
    await project.must(['pause'])
    await project.must(['resume'])
    const seen = numbers().length
    await until(() => numbers().length > seen + 100, 'lines', WITHIN_MS)
    const { controlPid } = await project.status()
    process.kill(controlPid, 'SIGKILL')
    await until(async () => (await project.status()).controlPid !== controlPid, 'the next control', WITHIN_MS)
  }
  const seen = numbers().length
  await until(() => numbers().length > seen + 200, 'lines after the last kill', WITHIN_MS)
  await ticks.end()
  const told = numbers().toSorted((one, other) => one - other)
  t.diagnostic(`${told.length} lines, ${ticks.count('away')} times away`)
  assert.deepEqual(
    told,
    Array.from({ length: told.length }, (_, index) => told[0]! + index),
    'each line once',
  )
  assert.equal(ticks.count('gap') + all.count('gap'), 0)

  const { events } = await control.call('events', { after: 0, limit: 1_000 })
  const sequences = (): readonly number[] =>
    all.news.flatMap((one) => (one.event === 'event' ? [one.data.sequence] : []))
  await until(() => sequences().at(-1) === events.at(-1)!.sequence, 'the newest event', WITHIN_MS)
  await all.end()
  const [first] = sequences()
  assert.ok(sequences().length >= 3, `${sequences().length} events`)
  assert.deepEqual(
    sequences(),
    events.map(({ sequence }) => sequence).filter((sequence) => sequence >= first!),
    'each event once',
  )

  const document = JSON.parse(readFileSync(join(root, 'docs/reference/openapi.json'), 'utf8')) as {
    paths: Record<'/v1/live', { get: { responses: { 200: { 'x-events': Record<string, { schema: Schema }> } } } }>
    components: { schemas: Record<string, Schema> }
  }
  const described = document.paths['/v1/live'].get.responses['200']['x-events']
  for (const event of ['status', 'alerts', 'deploys', 'event', 'line'] as const) {
    const messages = all.news.flatMap((one) => (one.event === event ? [one.data as unknown] : []))
    assert.ok(messages.length > 0, event)
    for (const data of messages)
      assert.deepEqual(faultsOf(data, described[event]!.schema, document.components.schemas), [], event)
    assert.notDeepEqual(faultsOf({ mood: 'good' }, described[event]!.schema, document.components.schemas), [], event)
  }
})

void test('status --watch shows what changes, that control is away, and ends with the environment', async () => {
  await using project = new TestProject(plainConfig())
  await project.must(['up', '--detach'])
  const watch = project.start(['status', '--watch', '--json'])
  let seen = ''
  const text = spawn(process.execPath, [project.program, 'status', '--watch'], { cwd: project.folder })
  text.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()))
  const textEnded = once(text, 'close')
  const following = follow(project, { topics: ['status'] })
  const states = (): readonly (readonly string[])[] =>
    following.news.flatMap((one) => (one.event === 'status' ? [one.data.status.stoppedServices] : []))
  await until(() => states().length > 0 && /^(unknown|fine) /m.test(seen), 'the first answers', WITHIN_MS)
  await project.must(['stop', '--service', 'api'])
  await until(() => states().some((stopped) => stopped.includes('api')), 'what was stopped', WITHIN_MS)
  await until(() => /at risk .*api is stopped/.test(seen), 'the same on the screen', WITHIN_MS)

  const { controlPid } = await project.status()
  process.kill(controlPid, 'SIGKILL')
  await until(() => /^unknown +control does not answer/m.test(seen), 'that nobody knows', WITHIN_MS)
  const before = seen.length
  await until(() => /at risk .*api is stopped/.test(seen.slice(before)), 'control again', WITHIN_MS)

  await project.must(['stop'])
  const [code] = (await textEnded) as [number]
  await following.ended
  const { code: jsonCode, stdout } = await watch.ended
  assert.deepEqual([code, jsonCode, following.news.at(-1)!.event], [0, 0, 'stopped'])
  assert.match(seen, /the environment was stopped\n$/)
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; health?: object; instances?: object; needs?: object })
  assert.deepEqual([...new Set(lines.map(({ kind }) => kind))], ['status', 'away', 'stopped'])
  for (const { kind, health, instances, needs } of lines)
    if (kind === 'status') assert.ok(health !== undefined && instances !== undefined && needs !== undefined)

  const nobody = await project.run(['status', '--watch'])
  assert.match(nobody.stderr, /environment\.down/)
  const both = await project.run(['status', '--watch', '--check'])
  assert.deepEqual([both.code, /cli\.usage/.test(both.stderr)], [2, true])
})
