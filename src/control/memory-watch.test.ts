import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import type { Instance } from '../deploy/release.ts'
import { MemoryWatch, type MemoryMeter } from './memory-watch.ts'
import { kernelKills, membersOf, proportionalBytes, residentBytes } from './process-memory.ts'

const MiB = 2 ** 20
const instance = { id: 'api@1-x-1', pid: 100 } as Instance

/** A machine whose figures the test sets. */
function machine(figures: { resident: number; exact?: number; kills?: number }) {
  const asked: string[] = []
  const meter: MemoryMeter = {
    membersOf: (leaders) => {
      asked.push('members')
      return new Map(leaders.map((leader) => [leader, [leader, leader + 1]]))
    },
    residentBytes: () => figures.resident,
    proportionalBytes: () => figures.exact ?? figures.resident,
    kernelKills: () => figures.kills ?? 0,
  }
  return { watch: new MemoryWatch(meter), figures, asked }
}

test('an instance over its bound is named with both figures; its peak and its kill are remembered', () => {
  const { watch, figures } = machine({ resident: 50 * MiB })
  const limitOf = () => 96 * MiB
  assert.deepEqual(watch.look([instance], limitOf, 0), [])
  figures.resident = 130 * MiB
  const [over] = watch.look([instance], limitOf, 200)
  assert.equal(over!.id, instance.id)
  assert.match(over!.because, /^used 130 MiB of 96 MiB \(`resources\.memory`; resident memory of 2 processes\)$/)
  figures.resident = 20 * MiB
  assert.deepEqual(watch.look([{ ...instance, pid: 200 }], limitOf, 400), [])
  assert.deepEqual(watch.useOf(instance.id), {
    usedBytes: 20 * MiB,
    peakBytes: 130 * MiB,
    limitBytes: 96 * MiB,
    killed: { usedBytes: 130 * MiB, limitBytes: 96 * MiB, at: 200 },
  })
})

test('pages that its processes share are counted once before it is judged', () => {
  const { watch } = machine({ resident: 130 * MiB, exact: 90 * MiB })
  assert.deepEqual(
    watch.look([instance], () => 96 * MiB, 0),
    [],
  )
  assert.equal(watch.useOf(instance.id)!.peakBytes, 90 * MiB)
})

test('without a bound nothing is ever named, and it is measured once a second', () => {
  const { watch, figures, asked } = machine({ resident: 900 * MiB })
  const look = (now: number) => watch.look([instance], () => null, now)
  assert.deepEqual(look(0), [])
  figures.resident = 950 * MiB
  assert.deepEqual(look(200), [])
  assert.equal(watch.useOf(instance.id)!.usedBytes, 900 * MiB)
  assert.deepEqual(look(1_000), [])
  assert.equal(watch.useOf(instance.id)!.usedBytes, 950 * MiB)
  assert.deepEqual(asked, ['members', 'members'])
})

test("a rise of the kernel's count is dated, and an instance that is gone is forgotten", () => {
  const { watch, figures } = machine({ resident: MiB, kills: 3 })
  watch.look([instance], () => null, 0)
  assert.equal(watch.kernelKilledAt, null)
  figures.kills = 4
  watch.look([instance], () => null, 1_500)
  assert.equal(watch.kernelKilledAt, 1_500)
  watch.look([], () => null, 3_000)
  assert.equal(watch.useOf(instance.id), null)
})

test('a program and all that descends from it are measured on this machine, in a session of their own too', async () => {
  const grow = `const kept = Buffer.alloc(${64 * MiB}, 1); console.log(process.pid); setInterval(() => kept.length, 1000)`
  const child = spawn('sh', ['-c', `setsid "${process.execPath}" -e "${grow}" & wait`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let grown = 0
  try {
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
    grown = Number(chunk.toString())
    const members = membersOf([child.pid!]).get(child.pid!)!
    assert.equal(members.length, 2, 'the shell and its child')
    const resident = residentBytes(members)
    const exact = proportionalBytes(members)
    assert.ok(resident > 64 * MiB && resident < 400 * MiB, `${resident}`)
    assert.ok(exact > 64 * MiB && exact <= resident, `${exact} of ${resident}`)
    assert.equal(residentBytes([child.pid!]) < 32 * MiB, true, 'a shell alone')
  } finally {
    // The shell waits for it, and ends by itself.
    process.kill(grown || -child.pid!, 'SIGKILL')
  }
})

test("the kernel's count of out-of-memory kills can be read here", () => {
  assert.ok(kernelKills()! >= 0)
})
