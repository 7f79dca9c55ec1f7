import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { METRICS } from '../../../promises/metrics/catalogue.ts'
import type { Measured } from '../source.ts'
import { cpuFacts, memoryFacts, networkFacts } from './facts.ts'
import { mountsOf, MOUNTS_MAX } from './mounts.ts'
import { hostSources } from './sources.ts'

const signal = new AbortController().signal
const textOf = ({ metric, labels, value }: Measured): string =>
  `${metric.replace('seaworthy_host_', '')} ${Object.values(labels).join(' ')} ${value}`.replace('  ', ' ')

void test('CPU time is in seconds by mode, with as many cores as there are', () => {
  const stat = 'cpu  100 5 50 1000 20 0 3 7 40 0\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\n'
  assert.deepEqual(cpuFacts(stat).map(textOf), [
    'cpu_seconds_total user 1',
    'cpu_seconds_total nice 0.05',
    'cpu_seconds_total system 0.5',
    'cpu_seconds_total idle 10',
    'cpu_seconds_total iowait 0.2',
    'cpu_seconds_total irq 0',
    'cpu_seconds_total softirq 0.03',
    'cpu_seconds_total steal 0.07',
    'cpu_cores 2',
  ])
})

void test('memory is what could be had, not what is free', () => {
  const meminfo = 'MemTotal:  1000 kB\nMemFree:  10 kB\nMemAvailable:  600 kB\nSwapTotal:  200 kB\nSwapFree:  150 kB\n'
  assert.deepEqual(memoryFacts(meminfo).map(textOf), [
    `memory_bytes ${1000 * 1024}`,
    `memory_available_bytes ${600 * 1024}`,
    `swap_bytes ${200 * 1024}`,
    `swap_used_bytes ${50 * 1024}`,
  ])
})

void test('of the network devices those that lead out count, so many of them', () => {
  const head = 'Inter-|   Receive  |  Transmit\n face |bytes packets errs drop |bytes\n'
  const netDev = `${head}    lo: 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9\nveth12ab: 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9\n  eth0:1 2 3 4 5 6 7 8 11 12 13 14 15 16 17 18\n`
  assert.deepEqual(networkFacts(netDev).map(textOf), [
    'network_bytes_total eth0 receive 1',
    'network_errors_total eth0 receive 3',
    'network_drops_total eth0 receive 4',
    'network_bytes_total eth0 transmit 11',
    'network_errors_total eth0 transmit 13',
    'network_drops_total eth0 transmit 14',
  ])
  const many = Array.from({ length: 50 }, (_, index) => `en${index}: ${'1 '.repeat(16)}`).join('\n')
  assert.equal(new Set(networkFacts(many).map(({ labels }) => labels['device'])).size, 16)
})

void test('each file system counts once, under where it is mounted; those that hold nothing do not', () => {
  const mountinfo = [
    '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
    '30 27 0:40 / /srv/a\\040b rw - tmpfs tmpfs rw',
    '31 27 254:0 /data /mnt rw - ext4 /dev/vda rw',
    '22 27 0:21 / /proc rw - proc proc rw',
    '33 27 8:1 / /var rw - ext4 /dev/sda1 rw',
    '34 27 8:2 / /var rw - xfs /dev/sda2 rw',
  ].join('\n')
  assert.deepEqual(mountsOf(['/srv/a b/state', '/srv/a b', '/srv/ab', '/mnt/x', '/proc/1', '/var/lib'], mountinfo), [
    { at: '/srv/a b', device: '0:40' },
    { at: '/', device: '254:0' },
    { at: '/var', device: '8:2' },
  ])
})

void test('file systems mounted within a folder count as well, so many of them', () => {
  const line = (at: string, device: string, type = 'ext4') => `30 27 ${device} / ${at} rw - ${type} x rw`
  const mountinfo = [
    line('/', '8:1'),
    line('/srv/state', '8:2'),
    line('/srv/state/needs/db', '8:3'),
    line('/srv/state/needs/db/wal', '8:9'),
    line('/srv/state/needs/db/wal', '8:4'),
    line('/srv/state-of-others', '8:5'),
    line('/srv/state/proc', '0:3', 'proc'),
    line('/home', '8:6'),
  ].join('\n')
  const places = (folders: readonly string[]): readonly string[] => mountsOf(folders, mountinfo).map(({ at }) => at)
  assert.deepEqual(mountsOf(['/srv/state'], mountinfo).at(-1), { at: '/srv/state/needs/db/wal', device: '8:4' })
  assert.deepEqual(places(['/srv/state']), ['/srv/state', '/srv/state/needs/db', '/srv/state/needs/db/wal'])
  assert.deepEqual(places(['/srv/state/needs']), ['/srv/state', '/srv/state/needs/db', '/srv/state/needs/db/wal'])
  const many = Array.from({ length: 100 }, (_, index) => line(`/srv/state/${index}`, `9:${index}`)).join('\n')
  assert.equal(mountsOf(['/srv/state'], `${mountinfo}\n${many}`).length, MOUNTS_MAX)
})

void test('this machine is read as it is', async () => {
  const sources = hostSources({ folders: [import.meta.dirname] })()
  const all = (await Promise.all(sources.map(({ read }) => read(signal)))).flat()
  const valueOf = (metric: string, label?: string): number =>
    all.find((one) => one.metric === metric && (label === undefined || Object.values(one.labels).includes(label)))!
      .value
  assert.equal(valueOf('seaworthy_host_cpu_cores'), cpus().length)
  assert.equal(valueOf('seaworthy_host_memory_bytes'), totalmem())
  const { blocks, bsize } = statfsSync(import.meta.dirname)
  assert.equal(valueOf('seaworthy_host_disk_bytes'), blocks * bsize)
  assert.ok(valueOf('seaworthy_host_disk_available_bytes') < blocks * bsize)
  assert.ok(valueOf('seaworthy_host_cpu_seconds_total', 'idle') > 0)
  assert.ok(all.every(({ value }) => Number.isFinite(value) && value >= 0))
  const names = METRICS.filter(({ producer }) => producer === 'host').map(({ name }) => name)
  assert.deepEqual([...new Set(all.map(({ metric }) => metric))].toSorted(), names.toSorted())
})

void test('when nobody can say what is mounted, the rest and the file systems of before are asked all the same', () => {
  const proc = mkdtempSync(join(tmpdir(), 'seaworthy-proc-'))
  try {
    const sources = hostSources({ folders: ['/srv'], proc })
    const targets = (): readonly string[] => sources().map(({ target }) => target)
    assert.deepEqual(targets(), ['machine'])
    mkdirSync(join(proc, 'self'))
    writeFileSync(join(proc, 'self/mountinfo'), '30 27 8:1 / /srv rw - ext4 /dev/sda1 rw\n')
    assert.deepEqual(targets(), ['machine', '/srv'])
    rmSync(join(proc, 'self'), { recursive: true })
    assert.deepEqual(targets(), ['machine', '/srv'])
  } finally {
    rmSync(proc, { recursive: true })
  }
})
