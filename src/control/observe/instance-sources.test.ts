import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { Instance, Release } from '../../deploy/release.ts'
import { Collector } from '../../observe/collect/collector.ts'
import type { Reading } from '../../core/series/series.ts'
import { until } from '../../../test/support/project.ts'
import { usageBySession } from '../../observe/collect/proc/usage.ts'
import { InstanceSources } from './instance-sources.ts'

const instance = (id: string, parts: Partial<Instance> = {}): Instance => ({
  id,
  service: 'api',
  release: '1-a',
  host: '127.0.0.1',
  port: 1,
  state: 'running',
  pid: process.pid,
  startedAt: 0,
  restarts: 0,
  lastExit: null,
  ...parts,
})

/** A world in which everything can be set; `ups` is what was told of who is up. */
function world(...instances: Instance[]) {
  const state = {
    instances,
    routed: new Set<string>(),
    workers: 2,
    down: [] as string[],
    inWork: new Set(['1-a']),
    now: 1_000,
    cpu: null as number | null,
  }
  const sources = new InstanceSources({
    instances: () => state.instances,
    release: () => ({ config: { services: { api: { cpu: state.cpu, memoryBytesMax: 1_000 } } } }) as unknown as Release,
    routed: () => state.routed,
    inWork: () => state.inWork,
    gateway: () => state,
    onDropped: () => {},
    now: () => state.now,
  })
  const told: Reading[] = []
  const collector = new Collector({
    sources: () => sources.sources(),
    sink: { append: (all) => void told.push(...all) },
  })
  const ups = (): string[] =>
    told
      .filter(({ metric }) => metric === 'seaworthy_instance_up')
      .map(({ labels, atMs, value }) => `${labels['instance']} ${atMs} ${value}`)
  const look = (): void => {
    state.now += 500
    sources.look(collector)
  }
  return { state, sources, collector, ups, look, told }
}

void test('who is up is told when it changes, and by a beat in any case', async () => {
  const { state, collector, ups, look } = world(instance('one'))
  look()
  assert.deepEqual(ups(), [], 'it has yet to take traffic: its deploy waits for it')
  state.routed.add('one')
  look()
  look()
  // One worker of two may have lost its way; both say that the instance has.
  state.down = ['one']
  look()
  state.down = ['one', 'one']
  look()
  await collector.collect(10_000)
  state.down = []
  look()
  assert.deepEqual(ups(), ['one 2000 1', 'one 3500 0', 'one 10000 0', 'one 10001 1'])
})

void test('one whose process does not run is down, whatever the gateway has noticed; one on its way out is not spoken of', async () => {
  const { state, collector, ups, look } = world(instance('one'), instance('two'), instance('job', { port: null }))
  state.routed = new Set(['one', 'two'])
  look()
  state.instances = [
    instance('one', { state: 'restarting', pid: null }),
    instance('two', { state: 'stopping' }),
    instance('job', { port: null }),
  ]
  look()
  await collector.collect(10_000)
  assert.deepEqual(ups(), [
    'one 1500 1',
    'two 1500 1',
    'job 1500 1',
    'one 2000 0',
    'two 10000 null',
    'one 10000 0',
    'job 10000 1',
  ])
})

void test('one that traffic has left says nothing: warm, it must not hide that the live ones are down', async () => {
  const { state, collector, ups, look } = world(instance('old'), instance('new'))
  state.routed = new Set(['old', 'new'])
  look()
  state.routed = new Set(['new'])
  look()
  await collector.collect(10_000)
  // It ends while it is warm: nobody misses it. The live one is missed, also when the table lets go of it once it is down.
  state.instances = [
    instance('old', { state: 'restarting', pid: null }),
    instance('new', { state: 'restarting', pid: null }),
  ]
  look()
  state.routed = new Set()
  await collector.collect(20_000)
  assert.deepEqual(ups(), ['old 1500 1', 'new 1500 1', 'old 10000 null', 'new 10000 1', 'new 10001 0', 'new 20000 0'])
})

void test('a worker that listens on nothing speaks for its service while its release is in work', async () => {
  const { state, collector, ups } = world(
    instance('old', { port: null }),
    instance('new', { port: null, release: '2-b' }),
  )
  await collector.collect(10_000)
  state.inWork = new Set(['2-b'])
  await collector.collect(20_000)
  state.instances = state.instances.map((one) => ({ ...one, state: 'restarting', pid: null }))
  await collector.collect(30_000)
  assert.deepEqual(ups(), ['old 10000 1', 'old 20000 null', 'new 20000 1', 'new 30000 0'])
})

void test('without a gateway nobody is down for want of it', () => {
  const { state, ups, look } = world(instance('one'))
  state.routed.add('one')
  state.workers = 0
  state.down = ['one', 'one']
  look()
  assert.deepEqual(ups(), ['one 1500 1'])
})

void test('of its processes what /proc tells is told, and nothing of one that does not run', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
  try {
    const { state, collector, told } = world(
      instance('one', { pid: child.pid! }),
      instance('two', { pid: null, state: 'restarting', restarts: 3 }),
    )
    state.routed = new Set(['one', 'two'])
    await collector.collect(10_000)
    const of = (id: string) =>
      told
        .filter(({ labels }) => labels['instance'] === id)
        .map(({ metric }) => metric.replace('seaworthy_instance_', ''))
    assert.deepEqual(of('one'), [
      'up',
      'restarts_total',
      'cpu_seconds_total',
      'cpu_limit',
      'memory_bytes',
      'memory_limit_bytes',
      'descriptors',
      'descriptors_limit',
    ])
    assert.deepEqual(of('two'), ['up', 'restarts_total'])
  } finally {
    process.kill(-child.pid!, 'SIGKILL')
  }
})

void test('of the cores it may use the least that anybody allows is told', async () => {
  const pinned = spawn('taskset', ['-c', '0', process.execPath, '-e', 'setInterval(() => {}, 1000)'], {
    detached: true,
    stdio: 'ignore',
  })
  try {
    const { state, collector, told } = world(instance('one', { pid: pinned.pid! }))
    const limits = (): number[] =>
      told.filter(({ metric }) => metric === 'seaworthy_instance_cpu_limit').map(({ value }) => value!)
    let atMs = 0
    const isPinned = async (): Promise<boolean> => {
      await collector.collect((atMs += 10_000))
      return limits().at(-1) === 1
    }
    await until(isPinned, 'one core, whatever the machine has')
    state.cpu = 0.25
    await collector.collect((atMs += 10_000))
    state.cpu = 4 * availableParallelism()
    await collector.collect((atMs += 10_000))
    assert.deepEqual(limits().slice(-2), [0.25, 1], 'what it declares, unless it may not have that much')
  } finally {
    process.kill(-pinned.pid!, 'SIGKILL')
  }
})

void test('CPU time of processes that nobody waited for is not lost: the counter never falls', async () => {
  // The shell that does the work is nobody's child once its own parent has ended, so nobody counts its time on.
  const script = '(sh -c "while test ! -e $0; do :; done" &); while :; do sleep 60; done'
  const stop = join(mkdtempSync(join(tmpdir(), 'seaworthy-cpu-')), 'stop')
  const child = spawn('sh', ['-c', script, stop], { detached: true, stdio: 'ignore' })
  try {
    const { collector, told } = world(instance('one', { pid: child.pid! }))
    let atMs = 0
    const newest = async (what: string): Promise<number> => {
      await collector.collect((atMs += 10_000))
      return told.findLast(({ metric }) => metric === `seaworthy_instance_${what}`)?.value ?? 0
    }
    await until(async () => (await newest('cpu_seconds_total')) > 0.2, 'some work')
    writeFileSync(stop, '')
    const left = () => usageBySession().get(child.pid!)!
    await until(() => left().cpuSeconds < 0.1, 'its time to be gone')
    await until(async () => (await newest('memory_bytes')) === left().residentBytes, 'its end to be seen')
    assert.ok((await newest('cpu_seconds_total')) > 0.2)
  } finally {
    process.kill(-child.pid!, 'SIGKILL')
    rmSync(dirname(stop), { recursive: true })
  }
})

void test('services count those that take traffic and are up', () => {
  const { state, sources } = world(
    instance('one'),
    instance('two'),
    instance('old', { release: '0-x' }),
    instance('joining'),
  )
  state.routed = new Set(['one', 'two', 'old'])
  state.down = ['two', 'two']
  assert.equal(sources.upOf('api', '1-a'), 1)
  state.down = []
  assert.equal(sources.upOf('api', '1-a'), 2)
  assert.equal(sources.upOf('other', '1-a'), 0)
})
