import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Instance, Release } from '../../deploy/release.ts'
import type { Counters } from '../../gateway/admin/protocol.ts'
import { Meters } from './meters.ts'
import { SCALE_TIMING } from './timing.ts'
import type { Usage } from '../../observe/collect/proc/usage.ts'

const release = (scale: object, resources: object = {}): Release =>
  ({
    id: '1-a',
    config: {
      services: {
        api: {
          scale: { cpu: null, memory: null, perSecond: null, queue: null, ...scale },
          memoryBytesMax: null,
          cpu: null,
          ...resources,
        },
      },
    },
  }) as unknown as Release
const instance = (number: number, pid: number | null = number): Instance =>
  ({ id: `api@1-a-${number}`, service: 'api', release: '1-a', pid, port: null }) as Instance
const counted = (count: number): Counters =>
  ({
    cells: [
      { service: 'api', release: '1-a', status: '2xx', count },
      { service: 'web', release: '1-a', status: '2xx', count: 9e9 },
    ],
  }) as unknown as Counters
const used = (cpuSeconds: number, residentBytes = 0): Usage => ({ cpuSeconds, residentBytes, processes: [] })

void test('cpu is what the processes of an instance used lately, as a share of its cores; a new process counts anew', async () => {
  const usage = new Map<number, Usage>()
  const meters = new Meters(SCALE_TIMING, () => usage)
  const read = async (now: number, instances: readonly Instance[], cores: number | null = null) =>
    (
      await meters.read({
        release: release({ cpu: 0.5 }, { cpu: cores }),
        service: 'api',
        instances,
        counters: null,
        now,
      })
    )[0]!
  usage.set(1, used(100)).set(2, used(0))
  const both = [instance(1), instance(2)]
  assert.deepEqual([(await read(0, both)).value, (await read(2_000, both)).value], [null, null], 'too short a time')
  usage.set(1, used(105)).set(2, used(2.5))
  assert.deepEqual(await read(10_000, both), { name: 'cpu', value: 0.375, target: 0.5, missing: null })
  usage.set(1, used(110)).set(2, used(2.5))
  assert.equal((await read(20_000, both, 2)).value, 0.125, 'the last ten seconds, of two cores')

  usage.delete(1)
  const gone = await read(22_000, both)
  assert.match(gone.missing!, /no reading of api@1-a-1$/)
  assert.equal(gone.value, 0, 'of the one that is known, and of the other nothing')
  usage.delete(2)
  assert.deepEqual((await read(24_000, both)).value, null)
  usage.set(7, used(50))
  assert.equal((await read(26_000, [instance(1, 7)])).value, null)
  usage.set(7, used(52))
  assert.equal((await read(30_000, [instance(1, 7)])).value, 0.5)
  usage.set(9, used(400))
  assert.equal((await read(34_000, [instance(1, 9)])).value, null, 'another process, whatever it had used before')
})

void test('a rate needs the gateway: without its word, or after its sums began anew, there is no data', async () => {
  const meters = new Meters(SCALE_TIMING)
  const read = async (now: number, counters: Counters | null) =>
    (
      await meters.read({
        release: release({ perSecond: 10 }),
        service: 'api',
        instances: [instance(1), instance(2)],
        counters,
        now,
      })
    )[0]!
  await read(0, counted(1_000))
  assert.equal((await read(5_000, counted(1_200))).value, 20, '200 in 5 s, on two instances')
  assert.equal((await read(10_000, counted(1_200))).value, 10, 'no request is a rate, and not a lack of data')
  assert.equal((await read(11_000, null)).value, null)
  await read(12_000, counted(1_300))
  assert.equal((await read(16_000, counted(1_340))).value, 5)
  assert.equal((await read(18_000, counted(3))).value, null)
})

void test('memory is a share of what is declared, and of nothing when nothing is', async () => {
  const meters = new Meters(
    SCALE_TIMING,
    () =>
      new Map([
        [1, used(0, 300)],
        [2, used(0, 100)],
      ]),
  )
  const read = async (resources: object) =>
    (
      await meters.read({
        release: release({ memory: 0.8 }, resources),
        service: 'api',
        instances: [instance(1), instance(2)],
        counters: null,
        now: 0,
      })
    )[0]!
  assert.equal((await read({ memoryBytesMax: 400 })).value, 0.5)
  const none = await read({})
  assert.deepEqual([none.value, /resources.memory is not declared/.test(none.missing!)], [null, true])
})
